-- Which rules does each site have, in all its versions?
SELECT site, version, position, pattern, action
FROM rules
ORDER BY site, version, position
