-- How many page views have the cohorts of a page, what happened in each cell and at each position inside its elements, layer by
-- layer, and which of them lie wholly inside the window or are cut by it? kind tells the rows apart, and every cohort has a row of
-- page views. Level 3 is kept without any place. part: 0 cohorts inside, 1 that begin before the window, 2 that end behind it, 3
-- both; first and last are the days of what is in it. What is not sealed is asked for beside it, by map_unsealed.sql.
-- Most of what this costs is its planning: one table, just these columns, no order. So what is cut is added up, too, and left out
-- later.
SELECT page, kind, layer, places.anchor AS anchor, level, places.y AS y, places.x AS x, sum(places.n) AS n_sum,
    sum(places.views) AS views_sum, sum(places.views_32) AS views_32_sum, sum(places.views_64) AS views_64_sum,
    sum(places.views_element) AS views_element_sum,
    toUInt8((first_day < toDate({from:UInt16})) + 2 * (last_day > toDate({to:UInt16}))) AS part,
    toUInt16(min(first_day)) AS first, toUInt16(max(last_day)) AS last
FROM days ARRAY JOIN places
WHERE @map@ AND level < 3 AND last_day >= toDate({from:UInt16}) AND first_day <= toDate({to:UInt16}) AND @days@
GROUP BY page, kind, layer, anchor, level, y, x, part
