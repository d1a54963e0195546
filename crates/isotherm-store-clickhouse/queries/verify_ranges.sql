-- Do the batches of each partition of each log follow each other without gap or overlap? One row for each batch that does
-- not begin right behind all batches before it; the last of those ended at `reached`.
SELECT log_id, partition, first_offset, last_offset, reached
FROM
(
    SELECT log_id, partition, first_offset, last_offset,
        row_number() OVER earlier AS place,
        max(last_offset) OVER (PARTITION BY log_id, partition ORDER BY first_offset, last_offset
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
    FROM batches
    WINDOW earlier AS (PARTITION BY log_id, partition ORDER BY first_offset, last_offset)
)
WHERE place > 1 AND first_offset != reached + 1
ORDER BY log_id, partition, first_offset
LIMIT 1000
