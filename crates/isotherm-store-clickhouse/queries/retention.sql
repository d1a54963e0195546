-- How many months are each site's sealed counts kept, where its owner said so?
SELECT site, argMax(months, retention.version) AS months, max(retention.version) AS version
FROM retention
GROUP BY site
ORDER BY site
