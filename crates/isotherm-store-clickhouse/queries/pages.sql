-- Which pages of a site have a published path, and how many page views and clicks have they? A click lies in both maps,
-- so a page's clicks are those of the map that has more of them, never the sum.
-- Other layers are contained in these (a rage click is a click) or are no clicks.
SELECT path, views, clicks
FROM
(
    SELECT
        page,
        sumIf(counts.views, kind = 'page') AS views,
        greatest(sumIf(n, kind = 'grid'), sumIf(n, kind IN ('eighth', 'px16'))) AS clicks
    FROM counts
    WHERE layer IN (1, 4, 5)
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
