-- All that was counted on a page, but how deep it was seen and for how long, and lies in landings that are not sealed, by day.
-- One more row than may be held says that it is too much.
SELECT page, kind, layer, viewport, toUInt16(day) AS first, anchor, y, x, sum(n) AS n_sum, sum(live.views) AS views_sum,
    sum(views_32) AS views_32_sum, sum(views_64) AS views_64_sum, sum(views_element) AS views_element_sum
FROM live
WHERE kind IN ('page', 'grid', 'eighth', 'px16') AND layer NOT IN (2, 3, 11) AND page IN {pages:Array(UInt64)} AND @live@
GROUP BY page, kind, layer, viewport, first, anchor, y, x
LIMIT {most:UInt64}
