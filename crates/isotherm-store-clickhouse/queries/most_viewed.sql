-- The pages with the most page views in cohorts that end on a day or later, most first; none that has too few for an answer to show
-- anything of it, for how fast an answer is would tell that the page is there.
SELECT site, page, sum(arraySum(places.views)) AS seen
FROM days
WHERE kind = 'page' AND layer = 1 AND page != 0 AND last_day >= toDate({from:UInt16})
    AND has({published:Array(UInt64)}, seal_attempt)
GROUP BY site, page
HAVING seen >= {least:UInt64}
ORDER BY seen DESC, site, page
LIMIT {most:UInt64}
