-- How far is each partition of each log counted, and what came of it?
SELECT log_id, partition, count() AS batches, min(batches.first_offset) AS first_offset,
    max(batches.last_offset) AS last_offset, sum(batches.records) AS records, sum(batches.skipped) AS skipped,
    sum(batches.poison) AS poison, sum(batches.interactions) AS interactions
FROM batches
GROUP BY log_id, partition
ORDER BY log_id, partition
