-- How are our tables made?
SELECT name, engine_full
FROM system.tables
WHERE database = currentDatabase()
ORDER BY name
