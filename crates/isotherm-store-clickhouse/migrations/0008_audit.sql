-- Who changed what, and on which day: acts of those who run the installation or own a site, never of visitors.

CREATE TABLE IF NOT EXISTS audit
(
    day Date COMMENT 'UTC day of the act',
    who String COMMENT 'Id of the token that did it, or `command line`',
    act LowCardinality(String) COMMENT 'What was done, one of a few words such as `token revoke`',
    site String COMMENT 'The site it was done to; empty where it was done to all',
    subject String COMMENT 'Id of the token or erasure, a day, or a number; never a path or pattern'
)
ENGINE = MergeTree
ORDER BY (day, site, act)
TTL day + INTERVAL 1100 DAY
SETTINGS fsync_after_insert = 1;
