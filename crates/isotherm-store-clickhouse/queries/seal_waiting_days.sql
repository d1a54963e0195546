-- Writes what goes on waiting, by day.
INSERT INTO waiting_days
    (seal_attempt, kind, site, page, layer, viewport, day, anchor, y, x, n, views, views_32, views_64, views_element)
WITH moved AS
(
@moved@)
SELECT {attempt:UInt64}, kind, site, to_page, layer, to_viewport, day,
    to_anchor, to_y, to_x, sum(n), sum(to_views), sum(to_views_32), sum(to_views_64), sum(to_views_element)
FROM moved
WHERE fate = 'waits'
GROUP BY kind, site, to_page, layer, to_viewport, day, to_anchor, to_y, to_x
