-- What else is wrong with seals?
-- 41 to 43 a seal took something else of what waited by day, by country or for a month's end than the one before it left;
-- 44 a landing or an attempt was published more than once; 45 a cohort under the smallest size; 46 numbers beside a country
-- that are not rounded; 47 the copied batches are not those that were sealed.
SELECT toUInt16(landing) AS landing, site, toUInt8(what) AS what, toInt64(expected) AS expected, toInt64(found) AS found
FROM
(
    SELECT max(landings.landing) AS landing, site, code AS what, sum(given) AS expected, sum(taken) AS found
    FROM
    (
        SELECT place + endsWith(part, '_out') AS place, site,
            multiIf(startsWith(part, 'waiting_days'), 41, startsWith(part, 'waiting_countries'), 42, 43) AS code,
            if(endsWith(part, '_out'), n, 0) AS given,
            if(endsWith(part, '_out'), 0, n) AS taken
        FROM
        (
            SELECT seal_attempt, site, toString(part) AS part, toInt64(n) AS n FROM seal_balances
            UNION ALL
            SELECT seal_attempt, site, toString(part) AS part, -toInt64(n) FROM balance_changes
        ) AS balances
        INNER JOIN (SELECT seal_attempt, row_number() OVER (ORDER BY landing) AS place FROM seals) AS places USING (seal_attempt)
        WHERE part IN ('waiting_days_in', 'waiting_days_out', 'waiting_countries_in', 'waiting_countries_out', 'months_in', 'months_out')
    ) AS waits
    INNER JOIN (SELECT landing, row_number() OVER (ORDER BY landing) AS place FROM seals) AS landings USING (place)
    GROUP BY place, site, code
    HAVING expected != found
    UNION ALL
    SELECT landing, '' AS site, 44, 1, count() AS times FROM seals GROUP BY landing HAVING times > 1
    UNION ALL
    SELECT max(landing), '' AS site, 44, 1, count() AS times FROM seals GROUP BY seal_attempt HAVING times > 1
    UNION ALL
    SELECT landing, site, 45, {cohort_min:UInt64}, sumIf(arraySum(places.views), kind = 'page' AND layer = 1) AS seen
    FROM days
    WHERE has({published:Array(UInt64)}, seal_attempt)
    GROUP BY landing, seal_attempt, site, page, viewport, first_day, last_day
    HAVING seen < {cohort_min:UInt64}
    UNION ALL
    SELECT max(seals.landing), site, 46, 0, sum(arrayCount(
            (n, views, views_32, views_64, views_element) ->
                n % 5 + views % 5 + views_32 % 5 + views_64 % 5 + views_element % 5 > 0,
            places.n, places.views, places.views_32, places.views_64, places.views_element
        )) AS rows
    FROM countries
    INNER JOIN seals ON countries.seal_attempt = seals.seal_attempt
    GROUP BY site
    HAVING rows > 0
    UNION ALL
    SELECT landing, '' AS site, 47, sum(said) AS expected, sum(copied) AS found
    FROM
    (
        SELECT landing, toInt64(n) AS said, 0 AS copied FROM seal_balances
        WHERE part = 'landing' AND has({published:Array(UInt64)}, seal_attempt)
        UNION ALL
        SELECT landing, 0, toInt64(n_sum) FROM ledger WHERE kind = 'ledger' AND has({published:Array(UInt64)}, seal_attempt)
    )
    GROUP BY landing
    HAVING expected != found
)
WHERE NOT has({removed:Array(String)}, site)
ORDER BY landing, site, what
LIMIT 1000
