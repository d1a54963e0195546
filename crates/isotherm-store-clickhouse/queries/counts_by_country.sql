-- What is counted of a site by country: the source of questions about countries, as the table `counts`.
-- live: landings that are not sealed, by days. countries: published cohorts of the whole months inside the window.
-- A month is over with its last landing; until then its rows may still join others.
-- waiting_countries: what waits for the end of its month, and what waits for its cohort, which has no day of its own and
-- counts with the month of the newest sealed landing.
@unsealed@SELECT kind, page, layer, viewport, day, day AS last_day, toUInt8(0) AS level, anchor, y, x,
@unsealed@    n, views, views_32, views_64, views_element, country
@unsealed@FROM live
@unsealed@WHERE kind >= 'page' AND site = {site:String}
@unsealed@    AND day BETWEEN toDate({from:UInt16}) AND toDate({to:UInt16})
@unsealed@    AND ({viewport:UInt8} = 0 OR viewport = {viewport:UInt8})
@unsealed@    AND ({country:String} = '' OR country = {country:String})
@unsealed@    AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
@unsealed@UNION ALL
SELECT kind, page, layer, viewport, month AS day, toLastDayOfMonth(month) AS last_day, level, @places@, country
FROM countries@each@
WHERE site = {site:String}
    AND month >= toDate({from:UInt16})
    AND toLastDayOfMonth(month) <= toDate(least({to:UInt16}, {newest_landing:UInt16}))
    AND ({viewport:UInt8} = 0 OR viewport = {viewport:UInt8})
    AND ({country:String} = '' OR country = {country:String})
    AND has({published:Array(UInt64)}, seal_attempt)
@unsealed@UNION ALL
@unsealed@SELECT kind, page, layer, viewport, if(toUInt16(month) = 0, toDate({newest_landing:UInt16}), month) AS day,
@unsealed@    toDate({newest_landing:UInt16}) AS last_day,
@unsealed@    toUInt8(0) AS level, anchor, y, x, n, views, views_32, views_64, views_element, country
@unsealed@FROM waiting_countries
@unsealed@WHERE site = {site:String}
@unsealed@    AND if(toUInt16(month) = 0, toStartOfMonth(toDate({newest_landing:UInt16})), month) >= toDate({from:UInt16})
@unsealed@    AND {newest_landing:UInt16} <= {to:UInt16}
@unsealed@    AND ({viewport:UInt8} = 0 OR viewport = {viewport:UInt8})
@unsealed@    AND ({country:String} = '' OR country = {country:String})
@unsealed@    AND seal_attempt = {newest_seal:UInt64}
