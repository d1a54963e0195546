-- Publishes the months that end: small countries as ZZ, small places coarser, and every number a multiple of 5.
-- 1. named: countries that are too small become ZZ. A reach that ends where another beacon's goes on is one reach: what ends
--    at a depth and begins at the next cancels, which changes no sum of reaches and leaves each page view one end.
-- 2. own, wider, widest: is the place itself large enough, else its parent with what else is too small there, else that
--    one's? Page views are counted on the column that is exact at that level. Bands of attention have no parent: a page
--    view lies in many of them.
-- 3. The sums by what is left of the place, rounded up or down by a keyed hash of the row, so that they are right on average;
--    the places of each group in their order.
INSERT INTO countries
    (seal_attempt, kind, site, page, layer, viewport, month, country, level,
    places.anchor, places.y, places.x, places.n, places.views, places.views_32, places.views_64, places.views_element)
WITH
named AS
(
    SELECT toInt8(kind) AS kind, site, page, layer, viewport, toUInt16(month) AS month, anchor,
        if(joins.small = 1, toFixedString('ZZ', 2), rows.country) AS country,
        step.1 AS boundary, x, sum(step.2) AS n_sum, sum(step.3) AS views_sum, sum(views_32) AS views_32_sum,
        sum(views_64) AS views_64_sum, sum(views_element) AS views_element_sum
    FROM
    (
        SELECT *, arrayJoin(if(kind = 'page' AND layer = 2 AND y > 0,
            [(y, toUInt32(0), views), (toUInt16(y - 1), n, toUInt32(0))], [(y, n, views)])) AS step
        FROM seal_countries
        WHERE seal_attempt = {attempt:UInt64} AND @slice@
    ) AS rows
    LEFT JOIN
    (
        SELECT site, page, viewport, month, country, 1 AS small
        FROM seal_joins
        WHERE seal_attempt = {attempt:UInt64} AND @slice@
    ) AS joins
    ON rows.site = joins.site AND rows.page = joins.page AND rows.viewport = joins.viewport
        AND rows.month = joins.month AND rows.country = joins.country
    GROUP BY kind, site, page, layer, viewport, month, anchor, country, boundary, x
),
stepped AS
(
    SELECT kind, site, page, layer, viewport, month, anchor, country, x,
        kind = 4 AND layer = 2 AND page != 0 AS is_scroll,
        is_scroll AND n_sum > views_sum AS begins,
        toUInt16(boundary + begins) AS y,
        toUInt64(n_sum - if(is_scroll, least(n_sum, views_sum), 0)) AS n0,
        toUInt64(views_sum - if(is_scroll, least(n_sum, views_sum), 0)) AS v0,
        views_32_sum, views_64_sum, views_element_sum,
        multiIf(kind = 5, toUInt16(y - y % 2), kind > 5, toUInt16(0), is_scroll, toUInt16(y - (y - 1) % 5), toUInt16(y - y % 4)) AS y1,
        multiIf(kind = 5, toUInt16(x - x % 2), toUInt16(0)) AS x1,
        multiIf(kind = 5, toUInt16(y - y % 4), is_scroll, toUInt16(y - (y - 1) % 25), toUInt16(0)) AS y2,
        multiIf(kind = 5, toUInt16(x - x % 4), toUInt16(0)) AS x2
    FROM named
    WHERE NOT (kind = 4 AND layer = 2 AND page != 0 AND n_sum = views_sum)
),
own AS
(
    SELECT *, (kind = 4 AND layer = 1) OR if(is_scroll, n0 + v0, v0) >= {cohort_min:UInt64} AS at0
    FROM stepped
),
wider AS
(
    SELECT *, NOT at0 AND page != 0 AND layer != 11 AND sumIf(
        multiIf(kind = 5, views_32_sum, kind > 5, views_element_sum, is_scroll, n0 + v0, v0), NOT at0)
        OVER (PARTITION BY kind, site, page, layer, viewport, month, country, anchor, begins, y1, x1) >= {cohort_min:UInt64} AS at1
    FROM own
),
widest AS
(
    SELECT *, NOT at0 AND NOT at1 AND page != 0 AND (kind = 5 OR is_scroll) AND sumIf(
        if(kind = 5, views_64_sum, n0 + v0), NOT at0 AND NOT at1)
        OVER (PARTITION BY kind, site, page, layer, viewport, month, country, begins, y2, x2) >= {cohort_min:UInt64} AS at2
    FROM wider
),
placed AS
(
    SELECT kind, site, page, layer, viewport, month, country,
        multiIf(at0, 0, at1, 1, at2, 2, 3) AS place_level,
        if(place_level = 3, 0, anchor) AS place_anchor,
        multiIf(at0, y, at1, y1, at2, y2, toUInt16(is_scroll)) AS place_y,
        multiIf(at0, x, at1, x1, at2, x2, toUInt16(0)) AS place_x,
        sum(n0) AS n, sumIf(v0, at0 OR (kind = 4 AND layer != 11)) AS views, sumIf(views_32_sum, at0 OR at1) AS views_32,
        sumIf(views_64_sum, place_level < 3) AS views_64, sumIf(views_element_sum, at0 OR at1) AS views_element
    FROM widest
    GROUP BY kind, site, page, layer, viewport, month, country, place_level, place_anchor, place_y, place_x
)
SELECT {attempt:UInt64}, kind, site, page, layer, viewport, toDate(month), country, place_level,
    sorted.1, sorted.2, sorted.3, sorted.4, sorted.5, sorted.6, sorted.7, sorted.8
FROM
(
    SELECT kind, site, page, layer, viewport, month, country, place_level,
        arraySort(groupArray((place_anchor, place_y, place_x, intDiv(n + up, 5) * 5, intDiv(views + up, 5) * 5,
            intDiv(views_32 + up, 5) * 5, intDiv(views_64 + up, 5) * 5, intDiv(views_element + up, 5) * 5))) AS sorted
    FROM
    (
        SELECT *, sipHash64Keyed(({key_0:UInt64}, {key_1:UInt64}), concat(site, ' ', toString(kind), ' ', toString(page), ' ',
            toString(layer), ' ', toString(viewport), ' ', toString(month), ' ', toString(place_level), ' ',
            toString(place_anchor), ' ', toString(place_y), ' ', toString(place_x), ' ', country)) % 5 AS up
        FROM placed
    )
    GROUP BY kind, site, page, layer, viewport, month, country, place_level
)
