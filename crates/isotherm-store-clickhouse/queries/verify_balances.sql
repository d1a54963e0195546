-- Where did a seal give something else than it took? By site: which check, how much it should be, how much it is.
-- 1 cohorts, what waits and what is deleted; 2 what waited, by day and by country; 3 what waits, likewise; 4 countries of
-- cohorts; 5 the landing as its batches say; 6 old cohorts and their sums. Twice each: page views (or rows), and 10 more for interactions.
SELECT toUInt16(landing) AS landing, site, toUInt8(check.1) AS what, check.2 AS expected, check.3 AS found
FROM
(
    SELECT landing, site, arrayJoin(arrayFlatten(arrayMap(t -> if(site = '',
        [(5 + t.1, t.2[0], t.2[1] + t.2[11])],
        [
            (1 + t.1, t.2[1] + t.2[2], t.2[5] + t.2[6] + t.2[11]),
            (2 + t.1, t.2[2], t.2[3]),
            (3 + t.1, t.2[6], t.2[7]),
            (4 + t.1, t.2[4] + t.2[5], t.2[8] + t.2[9]),
            (6 + t.1, t.2[12], t.2[13])
        ]),
        [(0, seen), (10, done)]))) AS check
    FROM
    (
        SELECT landing, site,
            sumMap(map(toInt8(part), toInt64(views))) AS seen, sumMap(map(toInt8(part), toInt64(n))) AS done
        FROM seal_balances
        WHERE has({attempts:Array(UInt64)}, seal_attempt) AND NOT has({removed:Array(String)}, site)
        GROUP BY landing, seal_attempt, site
    )
)
WHERE check.2 != check.3
ORDER BY landing, site, what
