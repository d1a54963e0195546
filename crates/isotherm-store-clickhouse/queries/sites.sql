-- What is the newest version of each site?
SELECT site, max(sites.version) AS version, argMax(sites.removed, sites.version) AS removed,
    argMax(sites.origins, sites.version) AS origins
FROM sites
GROUP BY site
ORDER BY site
