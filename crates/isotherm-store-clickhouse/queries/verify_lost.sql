-- What will never come? By log and partition: records of lanes, and offsets that the log no longer held.
SELECT log_id, partition, sumIf(lost_count, lane != 0) AS records, sumIf(lost_count, lane = 0) AS offsets
FROM
(
    SELECT control.log_id[1] AS log_id, control.partition[1] AS partition, control.lane[1] AS lane,
        control.lost_count[1] AS lost_count
    FROM live
    WHERE kind = 'lost' AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
    UNION ALL
    SELECT log_id, partition, lane, lost_count
    FROM ledger
    WHERE kind = 'lost' AND has({published:Array(UInt64)}, seal_attempt)
)
GROUP BY log_id, partition
ORDER BY log_id, partition
