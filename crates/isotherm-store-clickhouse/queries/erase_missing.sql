-- How much less than its batches say does each landing of live hold? One statement, so that a batch is in both numbers or
-- in neither.
SELECT toUInt16(landing) AS landing,
    toInt64(sumIf(control.count_rows[1], kind = 'ledger')) - toInt64(countIf(kind >= 'page')) AS missing_rows,
    toInt64(sumIf(control.n_sum[1], kind = 'ledger')) - toInt64(sumIf(n, kind >= 'page')) AS missing_n
FROM live
GROUP BY landing
ORDER BY landing
