-- What happened at each position inside the elements of some pages, layer by layer?
SELECT
    page, layer, anchor, kind, level, y, x,
    sum(n) AS n_sum, sum(views) AS views_sum, sum(views_element) AS views_element_sum
FROM counts
WHERE kind IN ('eighth', 'px16') AND level < 3 AND page IN {pages:Array(UInt64)} AND has({layers:Array(UInt8)}, layer)
GROUP BY page, layer, anchor, kind, level, y, x
ORDER BY page, layer, anchor, kind, level, y, x
