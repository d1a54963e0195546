-- Requests to erase, until they are final, and what a pass over live has to add up to.
-- A request is never changed: its newest version counts. When it is final, its older versions are deleted and the pattern
-- with them.

CREATE TABLE IF NOT EXISTS erasures
(
    id UInt64 COMMENT 'Random number of the request',
    version UInt64 COMMENT 'The highest version of a request counts',
    state Enum8('pending' = 1, 'counted' = 2, 'final' = 3)
        COMMENT 'Whether records from before may still be counted; counted: none is, but the log still holds some; final: gone everywhere',
    requested DateTime('UTC') COMMENT 'UTC hour of the request, its first second',
    site String COMMENT 'Public site key',
    kind Enum8('page' = 1, 'pattern' = 2, 'site' = 3) COMMENT 'What is erased: one page, the pages of a pattern, or all of a site',
    pattern String COMMENT 'The pattern of paths; empty for a page or a site, and once the request is final',
    pages Array(UInt64) COMMENT 'Keyed hashes of the pages found so far; empty for a site, and once the request is final',
    first_day Date COMMENT 'First day of the first month that is erased',
    last_day Date COMMENT 'Last day of the last month that is erased',
    deleted UInt64 COMMENT 'Rows deleted so far'
)
ENGINE = MergeTree
ORDER BY (id, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS erase_passes
(
    pass UInt64 COMMENT 'Random number of a pass of deletions over live',
    landing Date COMMENT 'Landing of live; 1970-01-01 in the row that says that the pass is done',
    missing_rows Int64 COMMENT 'Count rows that the landing had less than its batches say, before the pass',
    missing_n Int64 COMMENT 'The same of the sum of n'
)
ENGINE = MergeTree
ORDER BY (pass, landing)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
