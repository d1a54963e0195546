-- Every batch that landed, as the table `batches`: of landings that are not sealed, and copied from sealed ones.
SELECT control.log_id[1] AS log_id, control.partition[1] AS partition, control.first_offset[1] AS first_offset,
    control.last_offset[1] AS last_offset, control.records[1] AS records, control.skipped[1] AS skipped,
    control.poison[1] AS poison, control.interactions[1] AS interactions
FROM live
WHERE kind = 'ledger' AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
UNION ALL
SELECT log_id, partition, first_offset, last_offset, records, skipped, poison, interactions
FROM ledger
WHERE kind = 'ledger' AND has({published:Array(UInt64)}, seal_attempt)
