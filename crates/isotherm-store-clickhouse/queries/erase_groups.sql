-- Which waiting groups have a day in the range? Their countries have no day, so a group goes as a whole.
SELECT DISTINCT concat(toString(page), '-', toString(viewport)) AS waits
FROM waiting_days
WHERE site = {site:String} AND (has({pages:Array(UInt64)}, page) OR {whole:UInt8} = 1)
    AND toUInt16(day) BETWEEN {first:UInt16} AND {last:UInt16}
ORDER BY waits
