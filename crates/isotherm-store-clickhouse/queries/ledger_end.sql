-- Where does the ledger of one partition of a log end, and what does its last row name? Batches follow each other, so the
-- look begins at the batch that was the last one before. Control rows have their partition and first offset in the order of
-- the table, as page and anchor.
SELECT count() AS batches, argMax(ends.first_offset, last_offset) AS first, max(last_offset) AS last,
    argMax(ends.opening, last_offset) AS opening
FROM
(
    SELECT anchor AS first_offset, control.last_offset[1] AS last_offset, control.opening[1] AS opening
    FROM live
    WHERE kind = 'ledger' AND site = '' AND page = {partition:UInt16} AND anchor >= {from_offset:UInt64}
        AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
        AND control.log_id[1] = {log_id:UInt64}
    UNION ALL
    SELECT first_offset, last_offset, opening
    FROM ledger
    WHERE kind = 'ledger' AND log_id = {log_id:UInt64} AND partition = {partition:UInt16}
        AND first_offset >= {from_offset:UInt64}
        AND has({published:Array(UInt64)}, seal_attempt)
) AS ends
