-- Which landings are sealed, and by which attempt?
SELECT landing, seal_attempt
FROM seals
ORDER BY landing
