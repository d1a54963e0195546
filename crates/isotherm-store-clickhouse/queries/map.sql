-- How many page views has a page, and what happened in each cell and at each position inside its elements, layer by layer? One
-- look instead of three: kind tells them apart. Level 3 is kept without any place; the text is empty where the anchor's is
-- not published.
SELECT kind, layer, text, anchor, level, y, x, n_sum, views_sum, views_32_sum, views_64_sum, views_element_sum
FROM
(
    SELECT
        kind, layer, anchor, level, y, x, sum(n) AS n_sum, sum(views) AS views_sum,
        sum(views_32) AS views_32_sum, sum(views_64) AS views_64_sum, sum(views_element) AS views_element_sum
    FROM counts
    WHERE page = {page:UInt64}
        AND ((kind = 'page' AND layer = 1)
            OR (kind IN ('grid', 'eighth', 'px16') AND level < 3 AND has({layers:Array(UInt8)}, layer)))
    GROUP BY kind, layer, anchor, level, y, x
) AS sums
LEFT JOIN
(
    SELECT anchor, any(text) AS text
    FROM anchors
    WHERE site = {site:String}
    GROUP BY anchor
) AS texts
USING (anchor)
ORDER BY layer, anchor, kind, level, y, x
