-- How much of a site is older than what is kept, by seal? Part 5 by day, 10 by country; rounded numbers there. Not the sums of
-- the seal that summed up old cohorts.
SELECT landing, seal_attempt, site, part, toInt8({cause:Int8}) AS cause, {kept_from:UInt16} AS kept_from, sum(seen) AS views, sum(done) AS n
FROM
(
    SELECT toUInt16(seals.landing) AS landing, seal_attempt, site, toInt8(5) AS part,
        if(kind = 'page' AND layer = 1, arraySum(places.views), 0) AS seen, arraySum(places.n) AS done
    FROM days
    INNER JOIN seals USING (seal_attempt)
    WHERE site = {site:String} AND last_day < toDate({kept_from:UInt16}) AND seal_attempt != {coarse_seal:UInt64}
    UNION ALL
    SELECT toUInt16(seals.landing) AS landing, seal_attempt, site, toInt8(10) AS part,
        if(kind = 'page' AND layer = 1, arraySum(places.views), 0) AS seen, arraySum(places.n) AS done
    FROM countries
    INNER JOIN seals USING (seal_attempt)
    WHERE {with_countries:UInt8} = 1 AND site = {site:String} AND month < toDate({kept_from:UInt16})
        AND month >= (SELECT max(balance_changes.kept_from) FROM balance_changes WHERE site = {site:String} AND part = 'rounded')
)
GROUP BY landing, seal_attempt, site, part
ORDER BY landing, seal_attempt, part
