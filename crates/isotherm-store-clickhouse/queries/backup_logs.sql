-- Which logs does the ledger know?
SELECT DISTINCT log_id
FROM
(
    SELECT control.log_id[1] AS log_id FROM live WHERE kind = 'ledger'
    UNION ALL
    SELECT log_id FROM ledger WHERE kind = 'ledger'
)
ORDER BY log_id
