-- What did each site's owner say last about access?
SELECT site, max(site_access.version) AS version, argMax(site_access.allow_ip, site_access.version) AS allow_ip,
    argMax(site_access.public_countries, site_access.version) AS public_countries
FROM site_access
GROUP BY site
ORDER BY site
