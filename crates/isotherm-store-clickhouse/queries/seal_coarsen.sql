-- Sums up a site's old cohorts by page, class and month: 64 px instead of cells, elements instead of positions in them. A sum
-- of cohorts keeps the month in which they were made, so that it is erased together with their countries.
INSERT INTO days
    (landing, seal_attempt, kind, site, page, layer, viewport, first_day, last_day, level,
    places.anchor, places.down, places.x, places.more, places.again, places.views_32, places.views_64, places.views_element)
SELECT made, {attempt:UInt64}, code, site, page, layer, viewport, from_day, to_day, to_level,
    sorted.1, arrayPopFront(arrayDifference(arrayPushFront(sorted.2, 0))), sorted.3, arrayMap(n -> toUInt32(n - 1), sorted.4),
    arrayMap((n, views) -> toUInt32(n - views), sorted.4, sorted.5), sorted.6, sorted.7, sorted.8
FROM
(
    SELECT made, code, site, page, layer, viewport, from_day, to_day, to_level,
        arraySort(groupArray((anchor, to_y, to_x, n_sum, views_sum, toUInt64(0), views_64_sum, views_element_sum))) AS sorted
    FROM
    (
        SELECT toStartOfMonth(landing) AS made, toInt8(kind) AS code, site, page, layer, viewport,
            toStartOfMonth(first_day) AS from_day, toLastDayOfMonth(last_day) AS to_day,
            greatest(level, multiIf(code = 5, 2, code > 5, 1, 0)) AS to_level, places.anchor AS anchor,
            multiIf(code = 5, toUInt16(places.y - places.y % 4), code > 5, toUInt16(0), places.y) AS to_y,
            multiIf(code = 5, toUInt16(places.x - places.x % 4), code > 5, toUInt16(0), places.x) AS to_x,
            sum(places.n) AS n_sum, sum(if(code = 4, places.views, 0)) AS views_sum,
            sum(if(code = 5, places.views_64, 0)) AS views_64_sum, sum(places.views_element) AS views_element_sum
        FROM days ARRAY JOIN places
        WHERE @old@
        GROUP BY made, code, site, page, layer, viewport, from_day, to_day, to_level, anchor, to_y, to_x
    )
    GROUP BY made, code, site, page, layer, viewport, from_day, to_day, to_level
)
