-- What is counted of a site by day, whatever the country: the source of most questions, as the table `counts`.
-- live: landings that are not sealed. days: published cohorts that lie wholly inside the window, and, if it is asked for (cut),
-- the page views of those that it cuts. waiting_days: what waits.
SELECT kind, page, layer, viewport, day, day AS last_day, toUInt8(0) AS is_cohort, toUInt8(0) AS level, anchor, y, x,
    n, views, views_32, views_64, views_element
FROM live
WHERE kind >= 'page' AND site = {site:String} AND {sealed_only:UInt8} = 0
    AND day BETWEEN toDate({from:UInt16}) AND toDate({to:UInt16})
    AND ({viewport:UInt8} = 0 OR viewport = {viewport:UInt8})
    AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
UNION ALL
SELECT kind, page, layer, viewport, first_day AS day, last_day, toUInt8(1) AS is_cohort, level, @places@
FROM days@each@
WHERE site = {site:String}
    AND last_day >= toDate({from:UInt16}) AND first_day <= toDate({to:UInt16})
    AND ((first_day >= toDate({from:UInt16}) AND last_day <= toDate({to:UInt16}))
        OR ({cut:UInt8} = 1 AND kind = 'page' AND layer = 1))
    AND ({viewport:UInt8} = 0 OR viewport = {viewport:UInt8})
    AND has({published:Array(UInt64)}, seal_attempt)
    AND (last_day >= toDate({coarse_before:UInt16}) OR seal_attempt = {coarse_seal:UInt64})
UNION ALL
SELECT kind, page, layer, viewport, day, day AS last_day, toUInt8(0) AS is_cohort, toUInt8(0) AS level, anchor, y, x,
    n, views, views_32, views_64, views_element
FROM waiting_days
WHERE site = {site:String} AND {sealed_only:UInt8} = 0
    AND day BETWEEN toDate({from:UInt16}) AND toDate({to:UInt16})
    AND ({viewport:UInt8} = 0 OR viewport = {viewport:UInt8})
    AND seal_attempt = {newest_seal:UInt64}
