-- What is the key of page and anchor ids?
SELECT value
FROM settings
WHERE id = 'id_key'
LIMIT 1
