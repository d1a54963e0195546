-- What must not change while the tables are copied: seals, deletions written down (out of live; out of what is sealed, also those
-- that another machine asked for), deletions under way.
SELECT seals, seals_sum, erased, erased_sum, changed, changed_sum, unfinished
FROM (SELECT count() AS seals, sum(sipHash64(landing, seal_attempt)) AS seals_sum FROM seals) AS published
CROSS JOIN (SELECT count() AS erased, sum(count_rows) AS erased_sum FROM erased) AS deleted
CROSS JOIN (SELECT count() AS changed, sum(n) AS changed_sum FROM balance_changes) AS deleted_sealed
CROSS JOIN
(
    SELECT count() AS unfinished
    FROM system.mutations
    WHERE database = currentDatabase() AND NOT is_done
) AS under_way
