-- Which pages of a site have a published path, and how many page views have they?
SELECT page, path, views
FROM
(
    SELECT page, sum(counts.views) AS views
    FROM counts
    WHERE kind = 'page' AND layer = 1
    GROUP BY page
) AS sums
INNER JOIN
(
    SELECT page, any(path) AS path
    FROM pages
    WHERE site = {site:String}
    GROUP BY page
) AS texts
USING (page)
WHERE views > 0
ORDER BY views DESC, path
