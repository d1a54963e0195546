-- Copies the control rows of a landing. Of the rows that say how far a lane is the highest is enough.
INSERT INTO ledger
    (landing, seal_attempt, kind, log_id, partition, first_offset, last_offset, attempt, opening, records, skipped, poison,
    interactions, count_rows, n_sum, lane, seq, lost_first, lost_count, version, reason)
SELECT {landing:UInt16}, {attempt:UInt64}, toInt8(kind), control.log_id[1], control.partition[1], control.first_offset[1],
    control.last_offset[1], control.attempt[1], control.opening[1], control.records[1], control.skipped[1],
    control.poison[1], control.interactions[1], control.count_rows[1], control.n_sum[1], control.lane[1],
    control.seq[1], control.lost_first[1], control.lost_count[1],
    if(toInt8(kind) = 0, y, 0), if(toInt8(kind) = 0, x, 0)
FROM live
WHERE landing = toDate({landing:UInt16}) AND kind < 'page' AND kind != 'last'
UNION ALL
SELECT {landing:UInt16}, {attempt:UInt64}, 2, control.log_id[1] AS log_id, control.partition[1] AS partition, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, control.lane[1] AS lane, max(control.seq[1]), 0, 0, 0, 0
FROM live
WHERE landing = toDate({landing:UInt16}) AND kind = 'last'
GROUP BY log_id, partition, lane
