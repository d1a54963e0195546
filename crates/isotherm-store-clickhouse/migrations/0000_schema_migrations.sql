-- Run before every migration: where the migrations that were applied are recorded.
CREATE TABLE IF NOT EXISTS schema_migrations
(
    number UInt32 COMMENT 'Number of a migration that was applied',
    name String COMMENT 'Its name'
)
ENGINE = MergeTree
ORDER BY number
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
