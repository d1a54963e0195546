-- How many page views has each group by day: in the landing, and in what waits?
SELECT site, page, viewport, toUInt16(day) AS day, waiting, sum(seen) AS views
FROM
(
    SELECT site, page, viewport, day, 0 AS waiting, if(kind = 'page' AND layer = 1, views, 0) AS seen
    FROM live
    WHERE landing = toDate({landing:UInt16}) AND kind >= 'page'
    UNION ALL
    SELECT site, page, viewport, day, 1 AS waiting, if(kind = 'page' AND layer = 1, views, 0) AS seen
    FROM waiting_days
    WHERE seal_attempt = {newest_seal:UInt64}
)
GROUP BY site, page, viewport, day, waiting
