-- Does each batch account for its offsets? Each is a record taken, one skipped, one that could not be decoded, or one that the
-- log no longer held. One row for each range that does not; a range that landed twice is summed, and overlaps besides.
SELECT log_id, partition, first_offset, last_offset, sum(said) AS found
FROM
(
    SELECT control.log_id[1] AS log_id, control.partition[1] AS partition, control.first_offset[1] AS first_offset,
        control.last_offset[1] AS last_offset,
        if(kind = 'ledger', toUInt64(control.last_offset[1] - control.first_offset[1] + 1), 0) AS offsets,
        if(kind = 'ledger', control.records[1] + control.skipped[1] + control.poison[1],
            if(control.lane[1] = 0, control.lost_count[1], 0)) AS said
    FROM live
    WHERE kind IN ('ledger', 'lost') AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
    UNION ALL
    SELECT log_id, partition, first_offset, last_offset,
        if(kind = 'ledger', toUInt64(last_offset - first_offset + 1), 0) AS offsets,
        if(kind = 'ledger', records + skipped + poison, if(lane = 0, lost_count, 0)) AS said
    FROM ledger
    WHERE kind IN ('ledger', 'lost') AND has({published:Array(UInt64)}, seal_attempt)
)
GROUP BY log_id, partition, first_offset, last_offset
HAVING sum(offsets) != found
ORDER BY log_id, partition, first_offset
LIMIT 1000
