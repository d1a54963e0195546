-- What is counted of a site by day, whatever the country: the source of most questions, as the table `counts`.
-- live: landings that are not sealed. days: published cohorts that lie wholly inside the window. waiting_days: what waits.
@unsealed@SELECT kind, page, layer, viewport, day, day AS last_day, toUInt8(0) AS level, anchor, y, x,
@unsealed@    n, views, views_32, views_64, views_element
@unsealed@FROM live
@unsealed@WHERE kind >= 'page' AND @live@
@unsealed@UNION ALL
SELECT kind, page, layer, viewport, first_day AS day, last_day, level, @places@
FROM days@each@
WHERE first_day >= toDate({from:UInt16}) AND last_day <= toDate({to:UInt16}) AND @days@
@unsealed@UNION ALL
@unsealed@SELECT kind, page, layer, viewport, day, day AS last_day, toUInt8(0) AS level, anchor, y, x,
@unsealed@    n, views, views_32, views_64, views_element
@unsealed@FROM waiting_days
@unsealed@WHERE @waiting_days@
