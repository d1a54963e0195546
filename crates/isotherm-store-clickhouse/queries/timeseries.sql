-- How many page views and clicks are there by day, or by span of days of cohorts, on one page or on all? A click lies in both
-- maps, so the clicks are those of the map that has more of them, never the sum.
-- Other layers are contained in these (a rage click is a click) or are no clicks.
SELECT
    day, last_day,
    sumIf(counts.views, kind = 'page') AS views,
    greatest(sumIf(n, kind = 'grid'), sumIf(n, kind IN ('eighth', 'px16'))) AS clicks
FROM counts
WHERE layer IN (1, 4, 5) AND ({any_page:UInt8} = 1 OR page = {page:UInt64})
GROUP BY day, last_day
ORDER BY day, last_day
