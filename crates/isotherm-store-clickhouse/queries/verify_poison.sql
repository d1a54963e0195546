-- Which records could not be decoded? The newest first; at most a thousand are named.
SELECT landing, log_id, partition, offset, version, reason
FROM
(
    SELECT toUInt16(landing) AS landing, control.log_id[1] AS log_id, control.partition[1] AS partition,
        control.lost_first[1] AS offset, y AS version, x AS reason
    FROM live
    WHERE kind = 'poison' AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(live.landing))
    UNION ALL
    SELECT toUInt16(landing) AS landing, log_id, partition, lost_first AS offset, version, reason
    FROM ledger
    WHERE kind = 'poison' AND has({published:Array(UInt64)}, seal_attempt)
)
ORDER BY landing DESC, log_id, partition, offset DESC
LIMIT 1000
