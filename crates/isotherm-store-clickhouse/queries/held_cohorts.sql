-- All that the published cohorts by day counted on some pages, but how deep they were seen and for how long.
SELECT page, kind, layer, viewport, toUInt16(first_day) AS first, toUInt16(last_day) AS last, level,
    places.anchor AS anchor, places.y AS y, places.x AS x, places.n AS n, places.views AS views, places.views_32 AS views_32,
    places.views_64 AS views_64, places.views_element AS views_element
FROM days
WHERE kind IN ('page', 'grid', 'eighth', 'px16') AND layer NOT IN (2, 3, 11) AND page IN {pages:Array(UInt64)} AND @days@
