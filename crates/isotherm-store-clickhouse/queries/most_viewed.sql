-- The pages with the most page views, in cohorts that end on a day or later and in what waits, most first.
SELECT site, page
FROM
(
    SELECT site, page, sum(arraySum(places.views)) AS seen
    FROM days
    WHERE kind = 'page' AND layer = 1 AND last_day >= toDate({from:UInt16}) AND has({published:Array(UInt64)}, seal_attempt)
    GROUP BY site, page
    UNION ALL
    SELECT site, page, sum(views) AS seen
    FROM waiting_days
    WHERE kind = 'page' AND layer = 1 AND seal_attempt = {newest_seal:UInt64}
    GROUP BY site, page
)
WHERE page != 0
GROUP BY site, page
ORDER BY sum(seen) DESC, site, page
LIMIT {most:UInt64}
