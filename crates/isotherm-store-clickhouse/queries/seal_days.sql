-- Writes the cohorts that a seal makes.
INSERT INTO days
    (landing, seal_attempt, kind, site, page, layer, viewport, first_day, last_day, anchor, y, x,
    n, views, views_32, views_64, views_element)
WITH moved AS
(
@moved@)
SELECT toDate({landing:UInt16}), {attempt:UInt64}, kind, site, to_page, layer, to_viewport, first_day, last_day,
    to_anchor, to_y, to_x, sum(n), sum(to_views), sum(to_views_32), sum(to_views_64), sum(to_views_element)
FROM moved
WHERE fate = 'cohort'
GROUP BY kind, site, to_page, layer, to_viewport, first_day, last_day, to_anchor, to_y, to_x
