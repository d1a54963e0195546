-- Which sites are removed?
SELECT site
FROM sites
GROUP BY site
HAVING argMax(removed, version)
ORDER BY site
