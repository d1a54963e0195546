-- What happened at each position inside the elements of some pages, layer by layer? The text is empty where the anchor's
-- is not published.
SELECT page, layer, text, anchor, kind, level, y, x, n_sum, views_sum, views_element_sum
FROM
(
    SELECT
        page, layer, anchor, kind, level, y, x,
        sum(n) AS n_sum, sum(views) AS views_sum, sum(views_element) AS views_element_sum
    FROM counts
    WHERE kind IN ('eighth', 'px16') AND level < 3 AND page IN {pages:Array(UInt64)} AND has({layers:Array(UInt8)}, layer)
    GROUP BY page, layer, anchor, kind, level, y, x
) AS sums
LEFT JOIN
(
    SELECT anchor, any(text) AS text
    FROM anchors
    WHERE site = {site:String}
    GROUP BY anchor
) AS texts
USING (anchor)
ORDER BY page, layer, anchor, kind, level, y, x
