-- Which parts have the tables that answers are made of, and in which landings are those of live? A part never changes: another
-- number means that something was written, merged or deleted, the same number that nothing was.
SELECT table, groupBitXor(cityHash64(name, rows, bytes_on_disk, modification_time)) AS version,
    groupUniqArray(if(table = 'live', toUInt16(toDateOrZero(partition)), toUInt16(0))) AS landings
FROM system.parts
WHERE active AND database = currentDatabase() AND table IN ('seals', 'days', 'waiting_days', 'live', 'anchors')
GROUP BY table
