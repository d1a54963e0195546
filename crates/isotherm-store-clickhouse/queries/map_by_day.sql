-- How many page views has a page, what happened in each cell and at each position inside its elements, layer by layer, and which
-- cohorts lie wholly inside the window or are cut by it? One look instead of four: kind tells the rows apart, and every cohort has
-- a row of page views. Level 3 is kept without any place. part: 0 cohorts inside, 1 that begin before the window, 2 that end behind
-- it, 3 both, 4 what is not sealed; first and last are the days of what is in it.
-- It is flat, over just these columns, with every condition at its table and no order, because most of what it costs is its
-- planning, which `counts` makes a fifth longer (measured, an embedded engine on one core). So what is cut is added up, too, and
-- left out later.
SELECT {page:UInt64} AS page, kind, layer, anchor, level, y, x, sum(n) AS n_sum, sum(counts.views) AS views_sum,
    sum(views_32) AS views_32_sum, sum(views_64) AS views_64_sum, sum(views_element) AS views_element_sum,
    part, min(from_day) AS first, max(to_day) AS last
FROM
(
    SELECT kind, layer, anchor, toUInt8(0) AS level, y, x, n, views, views_32, views_64, views_element,
        toUInt8(4) AS part, toUInt16(day) AS from_day, toUInt16(day) AS to_day
    FROM live
    WHERE @map@ AND @live@
    UNION ALL
    SELECT kind, layer, places.anchor, level, places.y, places.x, places.n, places.views, places.views_32, places.views_64,
        places.views_element, toUInt8((first_day < toDate({from:UInt16})) + 2 * (last_day > toDate({to:UInt16}))),
        toUInt16(first_day), toUInt16(last_day)
    FROM days ARRAY JOIN places
    WHERE @map@ AND level < 3 AND last_day >= toDate({from:UInt16}) AND first_day <= toDate({to:UInt16}) AND @days@
    UNION ALL
    SELECT kind, layer, anchor, toUInt8(0), y, x, n, views, views_32, views_64, views_element,
        toUInt8(4), toUInt16(day), toUInt16(day)
    FROM waiting_days
    WHERE @map@ AND @waiting_days@
) AS counts
GROUP BY kind, layer, anchor, level, y, x, part
