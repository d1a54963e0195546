-- Every batch that landed, as the table `batches`: of landings that are not sealed, and copied from sealed ones.
SELECT control[1].log_id AS log_id, control[1].partition AS partition, control[1].first_offset AS first_offset,
    control[1].last_offset AS last_offset, control[1].records AS records, control[1].skipped AS skipped,
    control[1].poison AS poison, control[1].interactions AS interactions
FROM live
WHERE kind = 'ledger' AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
UNION ALL
SELECT log_id, partition, first_offset, last_offset, records, skipped, poison, interactions
FROM ledger
WHERE kind = 'ledger' AND has({published:Array(UInt64)}, seal_attempt)
