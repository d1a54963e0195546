-- Sums up a site's old cohorts by page, class and month: 64 px instead of cells, elements instead of positions in them. A sum
-- of cohorts keeps the month in which they were made, so that it is erased together with their countries.
INSERT INTO days
    (landing, seal_attempt, kind, site, page, layer, viewport, first_day, last_day, level, anchor, y, x,
    n, views, views_32, views_64, views_element)
SELECT toStartOfMonth(landing) AS made, {attempt:UInt64}, toInt8(kind) AS code, site, page, layer, viewport,
    toStartOfMonth(first_day) AS from_day, toLastDayOfMonth(last_day) AS to_day,
    greatest(level, multiIf(code = 5, 2, code > 5, 1, 0)) AS to_level, anchor,
    multiIf(code = 5, toUInt16(y - y % 4), code > 5, toUInt16(0), y) AS to_y,
    multiIf(code = 5, toUInt16(x - x % 4), code > 5, toUInt16(0), x) AS to_x,
    sum(n), sum(if(code = 4, views, 0)), 0, sum(if(code = 5, views_64, 0)), sum(views_element)
FROM days
WHERE @old@
GROUP BY made, code, site, page, layer, viewport, from_day, to_day, to_level, anchor, to_y, to_x
