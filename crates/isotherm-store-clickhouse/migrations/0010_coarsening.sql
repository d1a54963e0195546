-- Old cohorts may be kept coarser instead of being deleted: a seal sums them up and names in its one row whose they are.

ALTER TABLE seals ADD COLUMN IF NOT EXISTS coarsened Array(String)
    COMMENT 'Sites whose old cohorts this seal summed up; it holds all that counts of them from before the day beside';

ALTER TABLE seals ADD COLUMN IF NOT EXISTS coarsened_before Array(Date)
    COMMENT 'First days of months, one for each of these sites: cohorts that end before are summed up';

ALTER TABLE retention ADD COLUMN IF NOT EXISTS coarsen UInt8
    COMMENT 'What becomes of older cohorts by day: 0 deleted, 1 kept by month, 64 px cell and element';

ALTER TABLE seal_balances MODIFY COLUMN part
    Enum8('landing' = 0, 'live_in' = 1, 'waiting_days_in' = 2, 'waiting_countries_in' = 3, 'months_in' = 4,
        'days_out' = 5, 'waiting_days_out' = 6, 'waiting_countries_out' = 7, 'months_out' = 8, 'published' = 9,
        'rounded' = 10, 'deleted' = 11, 'coarsened_in' = 12, 'coarsened_out' = 13)
    COMMENT 'What was taken from or given to which table; months wait for their end, published is before rounding';

ALTER TABLE balance_changes MODIFY COLUMN cause
    Enum8('erased' = 1, 'expired' = 2, 'coarsened' = 3)
    COMMENT 'Why';
