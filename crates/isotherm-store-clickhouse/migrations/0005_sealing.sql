-- What sealing needs besides the tables of counts: who is at work, what was decided, and what each seal took and gave.
-- seal_plan, seal_joins and seal_countries are notes of an attempt: their partitions are dropped once it has ended.

ALTER TABLE seals ADD COLUMN IF NOT EXISTS published DateTime('UTC')
    COMMENT 'When it was published; what it replaced is dropped some minutes later';

ALTER TABLE waiting_countries ADD COLUMN IF NOT EXISTS month Date
    COMMENT 'First day of the month in which the cohort was made and whose end it waits for; 1970-01-01 while it waits for its cohort';

CREATE TABLE IF NOT EXISTS seal_attempts
(
    seal_attempt UInt64 COMMENT 'Random number of an attempt, written before anything else of it',
    landing Date COMMENT 'Landing that it tries to seal',
    started DateTime('UTC') COMMENT 'When it began'
)
ENGINE = MergeTree
ORDER BY seal_attempt
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS seal_plan
(
    seal_attempt UInt64 COMMENT 'Attempt that decided it',
    site LowCardinality(String) COMMENT 'Public site key',
    page UInt64 COMMENT 'Page of the group',
    viewport UInt8 COMMENT 'Viewport class of the group',
    day Date COMMENT 'Day of rows of the landing; 1970-01-01 for all rows of the group that waited',
    fate Enum8('waits' = 0, 'cohort' = 1, 'deleted' = 2) COMMENT 'What becomes of the rows',
    other UInt8 COMMENT 'Whether they lose page, class and place',
    first_day Date COMMENT 'First day of their cohort',
    last_day Date COMMENT 'Last day of their cohort'
)
ENGINE = MergeTree
PARTITION BY seal_attempt
ORDER BY (site, page, viewport, day)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS seal_joins
(
    seal_attempt UInt64 COMMENT 'Attempt that decided it',
    site LowCardinality(String) COMMENT 'Public site key',
    page UInt64 COMMENT 'Page',
    viewport UInt8 COMMENT 'Viewport class',
    month Date COMMENT 'First day of the month that ends',
    country FixedString(2) COMMENT 'A country that joins ZZ there'
)
ENGINE = MergeTree
PARTITION BY seal_attempt
ORDER BY (site, page, viewport, month, country)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS seal_countries
(
    seal_attempt UInt64 COMMENT 'Attempt that publishes the month',
    kind Enum8('page' = 4, 'grid' = 5, 'eighth' = 6, 'px16' = 7) COMMENT 'Which map a count belongs to',
    site LowCardinality(String) COMMENT 'Public site key',
    page UInt64 COMMENT 'Keyed hash of site and page path; 0 in the site''s other',
    layer UInt8 COMMENT 'What was done, codes as in live',
    viewport UInt8 COMMENT 'Class of viewport width, 1 to 6; 0 in the site''s other',
    month Date COMMENT 'First day of the month that ends',
    anchor UInt64 COMMENT 'Keyed hash of site and element selector; 0 outside elements',
    y UInt16 COMMENT 'Row of the cell, depth in percent, or fold in steps of 100 px',
    x UInt16 COMMENT 'Column of the cell',
    country FixedString(2) COMMENT 'ISO 3166-1 alpha-2; ZZ where unknown',
    n UInt32 COMMENT 'Interactions, not rounded yet',
    views UInt32 COMMENT 'Page views at the place itself',
    views_32 UInt32 COMMENT 'Page views that the cell adds to its 32 px parent',
    views_64 UInt32 COMMENT 'Page views that the cell adds to its 64 px parent',
    views_element UInt32 COMMENT 'Page views that the position adds to its element'
)
ENGINE = MergeTree
PARTITION BY seal_attempt
ORDER BY (site, page, viewport, month, kind, layer, anchor, y, x, country)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS seal_balances
(
    landing Date COMMENT 'The landing',
    seal_attempt UInt64 COMMENT 'Attempt that took and gave it; counts only where seals names it',
    site LowCardinality(String) COMMENT 'Public site key; empty for the landing as a whole',
    part Enum8('landing' = 0, 'live_in' = 1, 'waiting_days_in' = 2, 'waiting_countries_in' = 3, 'months_in' = 4,
        'days_out' = 5, 'waiting_days_out' = 6, 'waiting_countries_out' = 7, 'months_out' = 8, 'published' = 9,
        'rounded' = 10, 'deleted' = 11)
        COMMENT 'What was taken from or given to which table; months wait for their end, published is before rounding',
    views UInt64 COMMENT 'Page views',
    n UInt64 COMMENT 'Sum of n over all rows'
)
ENGINE = MergeTree
ORDER BY (landing, site, part)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS balance_changes
(
    landing Date COMMENT 'Landing whose seal gave what is taken away',
    seal_attempt UInt64 COMMENT 'Its published attempt',
    site LowCardinality(String) COMMENT 'Public site key',
    part Enum8('days_out' = 5, 'waiting_days_out' = 6, 'waiting_countries_out' = 7, 'months_out' = 8, 'rounded' = 10)
        COMMENT 'Which table it is taken from, as in seal_balances',
    cause Enum8('erased' = 1, 'expired' = 2) COMMENT 'Why',
    kept_from Date COMMENT 'Where it expired: what is older is gone; 1970-01-01 where it was erased',
    views UInt64 COMMENT 'Page views taken away',
    n UInt64 COMMENT 'Sum of n over the rows taken away'
)
ENGINE = MergeTree
ORDER BY (landing, site, part)
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS retention
(
    site String COMMENT 'Public site key',
    version UInt64 COMMENT 'The highest version of a site counts',
    months UInt16 COMMENT 'How many whole months its sealed counts are kept besides the running one'
)
ENGINE = MergeTree
ORDER BY (site, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
