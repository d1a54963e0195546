-- Another site with the same sealed counts.
INSERT INTO countries SELECT * REPLACE ({copy:String} AS site) FROM countries WHERE countries.site = {site:String}
