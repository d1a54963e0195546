-- What is counted of a site by day, whatever the country: the source of most questions, as the table `counts`.
-- live: landings that are not sealed. days: published cohorts that lie wholly inside the window. waiting_days: what waits.
SELECT kind, page, layer, viewport, day, day AS last_day, toUInt8(0) AS level, anchor, y, x,
    n, views, views_32, views_64, views_element
FROM live
WHERE kind >= 'page' AND @live@
UNION ALL
SELECT kind, page, layer, viewport, first_day AS day, last_day, level, @places@
FROM days@each@
WHERE first_day >= toDate({from:UInt16}) AND last_day <= toDate({to:UInt16}) AND @days@
UNION ALL
SELECT kind, page, layer, viewport, day, day AS last_day, toUInt8(0) AS level, anchor, y, x,
    n, views, views_32, views_64, views_element
FROM waiting_days
WHERE @waiting_days@
