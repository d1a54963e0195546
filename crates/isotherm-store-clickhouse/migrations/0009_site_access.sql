-- From where a site's answers may be asked for, and what of it is public.

CREATE TABLE IF NOT EXISTS site_access
(
    site String COMMENT 'Public site key',
    version UInt64 COMMENT 'The highest version of a site counts',
    allow_ip Array(String) COMMENT 'Networks of the owner''s choice from which the site''s tokens may be used; empty means any',
    public_countries Bool COMMENT 'Whether anybody may see the picture of the site''s countries'
)
ENGINE = MergeTree
ORDER BY (site, version)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
