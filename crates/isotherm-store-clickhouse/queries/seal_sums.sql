-- How many page views went into cohorts, wait, and were deleted, in one attempt?
SELECT sumIf(seal_balances.views, part = 'days_out') AS cohort_views, sumIf(seal_balances.views, part = 'waiting_days_out') AS waiting_views,
    sumIf(seal_balances.views, part = 'deleted') AS deleted_views
FROM seal_balances
WHERE seal_attempt = {attempt:UInt64}
