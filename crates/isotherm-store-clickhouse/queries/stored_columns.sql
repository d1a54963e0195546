-- What does this database store, column by column?
SELECT table, name, type
FROM system.columns
WHERE database = currentDatabase()
ORDER BY table, position
