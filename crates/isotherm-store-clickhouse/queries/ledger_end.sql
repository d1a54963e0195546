-- Where does the ledger of one partition of a log end, and which opening does its last row name?
SELECT count() AS batches, max(last_offset) AS last, argMax(opening, last_offset) AS opening
FROM
(
    SELECT control[1].last_offset AS last_offset, control[1].opening AS opening
    FROM live
    WHERE kind = 'ledger' AND site = ''
        AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
        AND control[1].log_id = {log_id:UInt64} AND control[1].partition = {partition:UInt16}
    UNION ALL
    SELECT last_offset, opening
    FROM ledger
    WHERE kind = 'ledger' AND log_id = {log_id:UInt64} AND partition = {partition:UInt16}
        AND has({published:Array(UInt64)}, seal_attempt)
)
