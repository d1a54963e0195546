-- Writes down what a seal summed up of a site's old cohorts, and what came of it.
INSERT INTO seal_balances (landing, seal_attempt, site, part, views, n)
SELECT toDate({landing:UInt16}), {attempt:UInt64}, {site:String}, part, sum(seen), sum(done)
FROM
(
    SELECT 'coarsened_in' AS part, if(kind = 'page' AND layer = 1, arraySum(places.views), 0) AS seen, arraySum(places.n) AS done
    FROM days
    WHERE @old@
    UNION ALL
    SELECT 'coarsened_out' AS part, if(kind = 'page' AND layer = 1, arraySum(places.views), 0) AS seen, arraySum(places.n) AS done
    FROM days
    WHERE site = {site:String} AND last_day < toDate({kept_from:UInt16}) AND seal_attempt = {attempt:UInt64}
)
GROUP BY part
