-- The same as map_sealed.sql of what is not sealed: part is 4, and it is kept as finely as it was counted.
SELECT {page:UInt64} AS page, kind, layer, anchor, toUInt8(0) AS level, y, x, sum(n) AS n_sum, sum(counts.views) AS views_sum,
    sum(views_32) AS views_32_sum, sum(views_64) AS views_64_sum, sum(views_element) AS views_element_sum,
    toUInt8(4) AS part, toUInt16(min(day)) AS first, toUInt16(max(day)) AS last
FROM
(
    SELECT kind, layer, anchor, y, x, n, views, views_32, views_64, views_element, day
    FROM live
    WHERE @map@ AND @live@
    UNION ALL
    SELECT kind, layer, anchor, y, x, n, views, views_32, views_64, views_element, day
    FROM waiting_days
    WHERE @map@ AND @waiting_days@
) AS counts
GROUP BY kind, layer, anchor, y, x
