-- How many deletions are not finished, and does one of them fail?
SELECT count() AS unfinished, countIf(latest_fail_reason != '') AS failing
FROM system.mutations
WHERE database = currentDatabase() AND NOT is_done
