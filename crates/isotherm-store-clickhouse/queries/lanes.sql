-- How far is each lane of one partition of a log counted?
SELECT lane, max(seq) AS last
FROM
(
    SELECT control.lane[1] AS lane, control.seq[1] AS seq
    FROM live
    WHERE kind = 'last' AND site = '' AND page = {partition:UInt16}
        AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
        AND control.log_id[1] = {log_id:UInt64}
    UNION ALL
    SELECT lane, seq
    FROM ledger
    WHERE kind = 'last' AND log_id = {log_id:UInt64} AND partition = {partition:UInt16}
        AND has({published:Array(UInt64)}, seal_attempt)
)
GROUP BY lane
ORDER BY lane
