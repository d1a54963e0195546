-- Where does the ledger of one partition of a log end, and what does its last row name? Batches follow each other, so the
-- look begins at the batch that was the last one before, a day before its landing should two clocks differ. Control rows
-- have their partition and first offset in the order of the table, as page and anchor.
SELECT count() AS batches, argMax(ends.first_offset, last_offset) AS first, max(last_offset) AS last,
    argMax(ends.opening, last_offset) AS opening, argMax(ends.landing, last_offset) AS landing,
    argMax(ends.records, last_offset) AS records
FROM
(
    SELECT landing, anchor AS first_offset, control.last_offset[1] AS last_offset, control.opening[1] AS opening,
        control.records[1] AS records
    FROM live
    WHERE landing >= toDate({from_landing:UInt16}) AND kind = 'ledger' AND site = '' AND page = {partition:UInt16}
        AND anchor >= {from_offset:UInt64}
        AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
        AND control.log_id[1] = {log_id:UInt64}
    UNION ALL
    SELECT landing, first_offset, last_offset, opening, records
    FROM ledger
    WHERE landing >= toDate({from_landing:UInt16}) AND kind = 'ledger'
        AND log_id = {log_id:UInt64} AND partition = {partition:UInt16}
        AND first_offset >= {from_offset:UInt64}
        AND has({published:Array(UInt64)}, seal_attempt)
) AS ends
