-- Has every record that a batch calls undecodable its own row? One row for each partition of a log where the numbers differ.
SELECT log_id, partition, sum(said) AS expected, sum(is_row) AS found
FROM
(
    SELECT control.log_id[1] AS log_id, control.partition[1] AS partition,
        if(kind = 'ledger', control.poison[1], 0) AS said, toUInt64(kind = 'poison') AS is_row
    FROM live
    WHERE kind IN ('poison', 'ledger') AND NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
    UNION ALL
    SELECT log_id, partition, if(kind = 'ledger', poison, 0) AS said, toUInt64(kind = 'poison') AS is_row
    FROM ledger
    WHERE kind IN ('poison', 'ledger') AND has({published:Array(UInt64)}, seal_attempt)
)
GROUP BY log_id, partition
HAVING expected != found
ORDER BY log_id, partition
