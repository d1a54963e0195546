-- Another site with the same sealed counts.
INSERT INTO days SELECT * REPLACE ({copy:String} AS site) FROM days WHERE days.site = {site:String}
