-- In which months were cohorts made that have a day in the range? All that was made of a page in such a month goes.
SELECT DISTINCT toUInt16(toStartOfMonth(landing)) AS month
FROM days
WHERE site = {site:String} AND (has({pages:Array(UInt64)}, page) OR {whole:UInt8} = 1)
    AND toUInt16(first_day) <= {last:UInt16} AND toUInt16(last_day) >= {first:UInt16}
ORDER BY month
