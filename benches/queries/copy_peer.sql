-- Another team with the same clicks.
INSERT INTO bench.heatmaps SELECT * REPLACE ({copy:Int64} AS team_id) FROM bench.heatmaps WHERE heatmaps.team_id = 1
