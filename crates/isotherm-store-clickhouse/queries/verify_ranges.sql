-- Do the batches of each partition of each log follow each other without gap or overlap, from offset 0 on? One row for each
-- batch that does not begin at `expected`, right behind all batches before it. Whatever a log no longer holds when its first
-- batch is made stands in that batch, as lost offsets from 0 on; so does a partition that was added later begin.
SELECT log_id, partition, first_offset, last_offset, expected
FROM
(
    SELECT log_id, partition, first_offset, last_offset,
        if(row_number() OVER (PARTITION BY log_id, partition ORDER BY first_offset, last_offset) = 1, 0,
            1 + max(last_offset) OVER (PARTITION BY log_id, partition ORDER BY first_offset, last_offset
                ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS expected
    FROM batches
)
WHERE first_offset != expected
ORDER BY log_id, partition, first_offset
LIMIT 1000
