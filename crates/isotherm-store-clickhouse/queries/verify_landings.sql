-- Does each landing of live hold the count rows, and the interactions in them, that its ledger rows and deletions say?
SELECT landing, said_rows - erased_rows AS expected_rows, found_rows, said_n - erased_n AS expected_n, found_n
FROM
(
    SELECT landing,
        toInt64(sumIf(control.count_rows[1], kind = 'ledger')) AS said_rows,
        toInt64(countIf(kind >= 'page')) AS found_rows,
        toInt64(sumIf(control.n_sum[1], kind = 'ledger')) AS said_n,
        toInt64(sumIf(n, kind >= 'page')) AS found_n
    FROM live
    WHERE NOT has({sealed_landings:Array(UInt16)}, toUInt16(landing))
    GROUP BY landing
) AS counted
LEFT JOIN
(
    SELECT landing, toInt64(sum(count_rows)) AS erased_rows, toInt64(sum(n_sum)) AS erased_n
    FROM erased
    GROUP BY landing
) AS deleted
USING (landing)
ORDER BY landing
