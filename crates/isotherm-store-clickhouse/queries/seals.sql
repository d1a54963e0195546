-- Which landings are sealed, by which attempt, and since when, in seconds since 1970?
SELECT landing, seal_attempt, toUnixTimestamp(published) AS published
FROM seals
ORDER BY landing
