-- Writes the cohorts that a seal makes, with the places of each in their order.
INSERT INTO days
    (landing, seal_attempt, kind, site, page, layer, viewport, first_day, last_day,
    places.anchor, places.down, places.x, places.more, places.again, places.views_32, places.views_64, places.views_element)
WITH moved AS
(
@moved@)
SELECT toDate({landing:UInt16}), {attempt:UInt64}, kind, site, to_page, layer, to_viewport, first_day, last_day,
    sorted.1, arrayPopFront(arrayDifference(arrayPushFront(sorted.2, 0))), sorted.3, arrayMap(n -> toUInt32(n - 1), sorted.4),
    arrayMap((n, views) -> toUInt32(n - views), sorted.4, sorted.5), sorted.6, sorted.7, sorted.8
FROM
(
    SELECT kind, site, to_page, layer, to_viewport, first_day, last_day,
        arraySort(groupArray((to_anchor, to_y, to_x, n_sum, views_sum, views_32_sum, views_64_sum, views_element_sum))) AS sorted
    FROM
    (
        SELECT kind, site, to_page, layer, to_viewport, first_day, last_day, to_anchor, to_y, to_x, sum(n) AS n_sum,
            sum(to_views) AS views_sum, sum(to_views_32) AS views_32_sum, sum(to_views_64) AS views_64_sum,
            sum(to_views_element) AS views_element_sum
        FROM moved
        WHERE fate = 'cohort'
        GROUP BY kind, site, to_page, layer, to_viewport, first_day, last_day, to_anchor, to_y, to_x
    )
    GROUP BY kind, site, to_page, layer, to_viewport, first_day, last_day
)
