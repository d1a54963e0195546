-- Writes what goes on waiting by country: for its cohort, or for the end of the month in which its cohort was made.
INSERT INTO waiting_countries
    (seal_attempt, kind, site, page, layer, viewport, month, anchor, y, x, country, n, views, views_32, views_64, views_element)
WITH moved AS
(
@moved@)
SELECT {attempt:UInt64}, kind, site, to_page, layer, to_viewport, toDate(to_month), to_anchor, to_y, to_x, country,
    sum(n), sum(to_views), sum(to_views_32), sum(to_views_64), sum(to_views_element)
FROM moved
WHERE to_month = 0 OR to_month >= {closed_before:UInt16}
GROUP BY kind, site, to_page, layer, to_viewport, to_month, to_anchor, to_y, to_x, country
