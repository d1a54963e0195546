-- Links under which somebody without a token sees a site, or one page of it, in sealed cohorts only.

CREATE TABLE IF NOT EXISTS shares
(
    id String COMMENT 'Random name by which the link is listed and revoked',
    revoked Date COMMENT 'UTC day on which the link was revoked; 1970-01-01 means not. Such a row counts above all others of its id',
    hash FixedString(32) COMMENT 'SHA-256 of the secret in the link; zeros in a revocation',
    site String COMMENT 'Public site key',
    page UInt64 COMMENT 'Keyed hash of site and page path of the one page it shows; 0 means all of the site',
    created Date COMMENT 'UTC day on which it was made',
    expires Date COMMENT 'Last UTC day on which it opens anything',
    password String COMMENT 'Argon2id hash of the password the owner chose, with salt and parameters; empty means none',
    made_by String COMMENT 'Id of the token that made it, or `command line`'
)
ENGINE = MergeTree
ORDER BY id
TTL expires + INTERVAL 400 DAY
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
