-- How many months are each site's sealed counts kept, where its owner said so, and are older ones kept coarser?
SELECT site, argMax(months, retention.version) AS months, argMax(coarsen, retention.version) AS coarsen,
    max(retention.version) AS version
FROM retention
GROUP BY site
ORDER BY site
