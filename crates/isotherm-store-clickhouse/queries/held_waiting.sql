-- The same of what waits for its cohort.
SELECT page, kind, layer, viewport, toUInt16(day) AS first, anchor, y, x, sum(n) AS n_sum, sum(waiting_days.views) AS views_sum,
    sum(views_32) AS views_32_sum, sum(views_64) AS views_64_sum, sum(views_element) AS views_element_sum
FROM waiting_days
WHERE kind IN ('page', 'grid', 'eighth', 'px16') AND layer NOT IN (2, 3, 11) AND page IN {pages:Array(UInt64)} AND @waiting_days@
GROUP BY page, kind, layer, viewport, first, anchor, y, x
LIMIT {most:UInt64}
