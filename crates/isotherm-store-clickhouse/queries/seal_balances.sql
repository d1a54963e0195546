-- Writes down what a seal took and gave, from the rows themselves. Without a site: count rows of the landing as a whole,
-- as its batches say, as they are there, and as they were deleted.
INSERT INTO seal_balances (landing, seal_attempt, site, part, views, n)
SELECT toDate({landing:UInt16}), {attempt:UInt64}, site, part, sum(seen), sum(rows.n)
FROM
(
    SELECT site, 'live_in' AS part, if(kind = 'page' AND layer = 1, views, 0) AS seen, n
    FROM live WHERE landing = toDate({landing:UInt16}) AND kind >= 'page'
    UNION ALL
    SELECT '' AS site, 'live_in' AS part, 1 AS seen, n
    FROM live WHERE landing = toDate({landing:UInt16}) AND kind >= 'page'
    UNION ALL
    SELECT '' AS site, 'landing' AS part, count_rows AS seen, n_sum AS n
    FROM ledger WHERE landing = toDate({landing:UInt16}) AND seal_attempt = {attempt:UInt64} AND kind = 'ledger'
    UNION ALL
    SELECT '' AS site, 'deleted' AS part, count_rows AS seen, n_sum AS n
    FROM erased WHERE landing = toDate({landing:UInt16})
    UNION ALL
    SELECT site, if(seal_attempt = {attempt:UInt64}, 'waiting_days_out', 'waiting_days_in') AS part,
        if(kind = 'page' AND layer = 1, views, 0) AS seen, n
    FROM waiting_days WHERE seal_attempt IN ({newest_seal:UInt64}, {attempt:UInt64})
    UNION ALL
    SELECT site, concat(if(toUInt16(month) = 0, 'waiting_countries_', 'months_'), if(seal_attempt = {attempt:UInt64}, 'out', 'in')) AS part,
        if(kind = 'page' AND layer = 1, views, 0) AS seen, n
    FROM waiting_countries WHERE seal_attempt IN ({newest_seal:UInt64}, {attempt:UInt64})
    UNION ALL
    SELECT site, 'days_out' AS part, if(kind = 'page' AND layer = 1, arraySum(places.views), 0) AS seen, arraySum(places.n) AS n
    FROM days WHERE landing = toDate({landing:UInt16}) AND seal_attempt = {attempt:UInt64}
    UNION ALL
    SELECT site, 'published' AS part, if(kind = 'page' AND layer = 1, views, 0) AS seen, n
    FROM seal_countries WHERE seal_attempt = {attempt:UInt64}
    UNION ALL
    SELECT site, 'rounded' AS part, if(kind = 'page' AND layer = 1, arraySum(places.views), 0) AS seen, arraySum(places.n) AS n
    FROM countries WHERE month < toDate({closed_before:UInt16}) AND seal_attempt = {attempt:UInt64}
    UNION ALL
    SELECT site, 'deleted' AS part, seen, n
    FROM
    (
        SELECT site, page, viewport, toUInt16(day) AS planned_for, if(kind = 'page' AND layer = 1, views, 0) AS seen, n
        FROM live WHERE landing = toDate({landing:UInt16}) AND kind >= 'page'
        UNION ALL
        SELECT site, page, viewport, toUInt16(0) AS planned_for, if(kind = 'page' AND layer = 1, views, 0) AS seen, n
        FROM waiting_days WHERE seal_attempt = {newest_seal:UInt64}
    ) AS gone
    INNER JOIN
    (
        SELECT site, page, viewport, toUInt16(day) AS planned_for
        FROM seal_plan WHERE seal_attempt = {attempt:UInt64} AND fate = 'deleted'
    ) AS plan
    USING (site, page, viewport, planned_for)
) AS rows
GROUP BY site, part
