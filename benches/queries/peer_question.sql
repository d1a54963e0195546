-- The question that PostHog asks of its table for a heatmap (posthog/heatmaps/heatmaps_api.py, read in 2026-11): clicks by
-- relative x and by y, of one address, in a window, of viewports between two widths.
SELECT pointer_target_fixed, round(x / viewport_width, 2) AS relative_x, y * scale_factor AS pixel_y, count(*) AS clicks
FROM bench.heatmaps
WHERE team_id = 1 AND type = 'click'
    AND timestamp >= {from:Date} AND timestamp <= {to:Date} + INTERVAL 1 DAY
    AND viewport_width >= {least:Int16} AND viewport_width <= {most:Int16}
    AND current_url = {address:String}
GROUP BY pointer_target_fixed, relative_x, pixel_y
FORMAT JSONCompact
