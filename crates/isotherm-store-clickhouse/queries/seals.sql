-- Which landings are sealed, by which attempt, since when, in seconds since 1970, and whose old cohorts were summed up by it?
SELECT landing, seal_attempt, toUnixTimestamp(published) AS published, coarsened, coarsened_before
FROM seals
ORDER BY landing
