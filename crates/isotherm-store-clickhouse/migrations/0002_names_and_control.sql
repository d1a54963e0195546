-- Texts of ids that enough page views stand behind, and the small tables that people write.
-- A control row is never changed: the newest version of a key counts, so a write is one insert and a read sees all of it.

CREATE TABLE IF NOT EXISTS pages
(
    site LowCardinality(String) COMMENT 'Public site key',
    page UInt64 COMMENT 'Keyed hash of site and page path',
    path String COMMENT 'Scrubbed path; written once 10 page views stand behind it'
)
ENGINE = MergeTree
ORDER BY (site, page);

CREATE TABLE IF NOT EXISTS anchors
(
    site LowCardinality(String) COMMENT 'Public site key',
    anchor UInt64 COMMENT 'Keyed hash of site and element selector',
    text String COMMENT 'Scrubbed selector; written once 10 page views stand behind it'
)
ENGINE = MergeTree
ORDER BY (site, anchor);

CREATE TABLE IF NOT EXISTS sites
(
    site String COMMENT 'Public site key',
    version UInt64 COMMENT 'The highest version of a site counts',
    removed Bool COMMENT 'Whether the site was removed with this version',
    origins Array(String) COMMENT 'Origins whose pages may send beacons for the site'
)
ENGINE = MergeTree
ORDER BY (site, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS rules
(
    site String COMMENT 'Public site key',
    version UInt64 COMMENT 'Version of the site to which the rule belongs',
    position UInt16 COMMENT 'Place in the list; the first match wins',
    pattern String COMMENT 'Path pattern',
    action Enum8('drop' = 1, 'group' = 2) COMMENT 'Not measured, or counted as one page'
)
ENGINE = MergeTree
ORDER BY (site, version, position)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS tokens
(
    id String COMMENT 'Short random name by which a token is listed and revoked',
    revoked Bool COMMENT 'Whether this row revokes the token',
    hash FixedString(32) COMMENT 'SHA-256 of the token; zeros in a row that revokes',
    site String COMMENT 'The site whose answers it opens',
    scope Enum8('read' = 1, 'admin' = 2) COMMENT 'What it may do',
    allow_ip Array(String) COMMENT 'Networks of the owner''s choice from which it may be used; empty means any',
    created Date COMMENT 'UTC day it was made'
)
ENGINE = MergeTree
ORDER BY (id, revoked)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS goals
(
    site String COMMENT 'Public site key',
    goal String COMMENT 'Name of the goal',
    version UInt64 COMMENT 'The highest version of a goal counts',
    removed Bool COMMENT 'Whether the goal was removed with this version'
)
ENGINE = MergeTree
ORDER BY (site, goal, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS settings
(
    id String COMMENT 'Name of the value',
    value String COMMENT 'The value; the id key as 32 hexadecimal digits'
)
ENGINE = MergeTree
ORDER BY id
SETTINGS non_replicated_deduplication_window = 100, fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1;
