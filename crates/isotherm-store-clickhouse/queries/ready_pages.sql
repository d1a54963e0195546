-- Which of these pages have enough page views by now for their path to be published?
SELECT page
FROM
(
    SELECT page, views
    FROM live
    WHERE kind = 'page' AND site = {site:String} AND page IN {ids:Array(UInt64)} AND layer = 1
        AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
    UNION ALL
    SELECT page, arraySum(places.views) AS views
    FROM days
    WHERE kind = 'page' AND site = {site:String} AND page IN {ids:Array(UInt64)} AND layer = 1
        AND has({published:Array(UInt64)}, seal_attempt)
        AND (last_day >= toDate({coarse_before:UInt16}) OR seal_attempt = {coarse_seal:UInt64})
    UNION ALL
    SELECT page, views
    FROM waiting_days
    WHERE kind = 'page' AND site = {site:String} AND page IN {ids:Array(UInt64)} AND layer = 1
        AND seal_attempt = {newest_seal:UInt64}
)
GROUP BY page
HAVING sum(views) >= {views_min:UInt64}
