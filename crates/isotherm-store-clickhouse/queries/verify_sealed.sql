-- Where do the sealed tables hold something else than their seals gave, less what was taken away since? By landing and site.
-- 21 cohorts by day; 22 what waits by day; 23 what waits by country; 24 months that wait for their end; 25 countries; and
-- 10 more for interactions. Rows that expired, or were summed up with
-- others, count as gone from the moment that is written down; the sums count until they are summed up again.
SELECT toUInt16(landing) AS landing, site, toUInt8(check.1) AS what, sum(check.2) AS expected, sum(check.3) AS found
FROM
(
    SELECT landing, site, arrayJoin([(code, seen_given, seen_there), (code + 10, n_given, n_there)]) AS check
    FROM
    (
        SELECT landing, site, transform(toInt8(part), [5, 6, 7, 8, 10, 13], [21, 22, 23, 24, 25, 21], 0) AS code,
            toInt64(views) AS seen_given, toInt64(0) AS seen_there, toInt64(n) AS n_given, toInt64(0) AS n_there
        FROM seal_balances
        WHERE has({published:Array(UInt64)}, seal_attempt) AND site != ''
            AND (part IN ('days_out', 'rounded', 'coarsened_out')
                OR (seal_attempt = {newest_seal:UInt64} AND part IN ('waiting_days_out', 'waiting_countries_out', 'months_out')))
        UNION ALL
        SELECT landing, site, transform(toInt8(part), [5, 6, 7, 8, 10], [21, 22, 23, 24, 25], 0) AS code,
            -toInt64(views), 0, -toInt64(n), 0
        FROM balance_changes
        WHERE has({published:Array(UInt64)}, seal_attempt)
            AND (part IN ('days_out', 'rounded') OR seal_attempt = {newest_seal:UInt64})
        UNION ALL
        SELECT seals.landing, site, 21, 0, toInt64(if(kind = 'page' AND layer = 1, arraySum(places.views), 0)), 0,
            toInt64(arraySum(places.n))
        FROM days
        INNER JOIN seals ON days.seal_attempt = seals.seal_attempt
        LEFT JOIN (SELECT site, max(balance_changes.kept_from) AS kept_from FROM balance_changes WHERE part = 'days_out' GROUP BY site) AS expired
        USING (site)
        WHERE last_day >= kept_from
            OR (has(seals.coarsened, site) AND (site, seals.seal_attempt) NOT IN
                (SELECT site, seal_attempt FROM balance_changes WHERE part = 'days_out' AND cause != 'erased'))
        UNION ALL
        SELECT toDate({newest_landing:UInt16}), site, 22, 0, toInt64(if(kind = 'page' AND layer = 1, views, 0)), 0, toInt64(n)
        FROM waiting_days
        WHERE seal_attempt = {newest_seal:UInt64}
        UNION ALL
        SELECT toDate({newest_landing:UInt16}), site, if(toUInt16(month) = 0, 23, 24), 0,
            toInt64(if(kind = 'page' AND layer = 1, views, 0)), 0, toInt64(n)
        FROM waiting_countries
        WHERE seal_attempt = {newest_seal:UInt64}
        UNION ALL
        SELECT seals.landing, site, 25, 0, toInt64(if(kind = 'page' AND layer = 1, arraySum(places.views), 0)), 0,
            toInt64(arraySum(places.n))
        FROM countries
        INNER JOIN seals ON countries.seal_attempt = seals.seal_attempt
        LEFT JOIN (SELECT site, max(balance_changes.kept_from) AS kept_from FROM balance_changes WHERE part = 'rounded' GROUP BY site) AS expired
        USING (site)
        WHERE month >= kept_from
    )
)
WHERE NOT has({removed:Array(String)}, site)
GROUP BY landing, site, what
HAVING expected != found
ORDER BY landing, site, what
LIMIT 1000
