-- How much of a site is older than what is kept, by seal? Part 5 by day, 10 by country; rounded numbers there.
SELECT landing, seal_attempt, site, part, toInt8(2) AS cause, {kept_from:UInt16} AS kept_from, sum(seen) AS views, sum(done) AS n
FROM
(
    SELECT toUInt16(landing) AS landing, seal_attempt, site, toInt8(5) AS part,
        if(kind = 'page' AND layer = 1, days.views, 0) AS seen, days.n AS done
    FROM days
    WHERE site = {site:String} AND last_day < toDate({kept_from:UInt16}) AND has({published:Array(UInt64)}, seal_attempt)
    UNION ALL
    SELECT toUInt16(seals.landing) AS landing, seal_attempt, site, toInt8(10) AS part,
        if(kind = 'page' AND layer = 1, countries.views, 0) AS seen, countries.n AS done
    FROM countries
    INNER JOIN seals USING (seal_attempt)
    WHERE site = {site:String} AND month < toDate({kept_from:UInt16})
)
GROUP BY landing, seal_attempt, site, part
ORDER BY landing, seal_attempt, part
