-- Bytes of some tables on the disk, of parts in use.
SELECT sum(bytes_on_disk)
FROM system.parts
WHERE active AND concat(database, '.', table) IN {tables:Array(String)}
