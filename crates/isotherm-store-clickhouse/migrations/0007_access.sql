-- Tokens that end by themselves, and the day on which each was last used, so that owners can see which are not needed.

ALTER TABLE tokens
    ADD COLUMN IF NOT EXISTS expires Date DEFAULT toDate(0)
        COMMENT 'Last UTC day on which it opens anything; 1970-01-01 means without end';

CREATE TABLE IF NOT EXISTS token_uses
(
    id String COMMENT 'Name of the token',
    day Date COMMENT 'UTC day on which it was used; written once a day by each answering process'
)
ENGINE = MergeTree
ORDER BY (id, day)
TTL day + INTERVAL 400 DAY
SETTINGS fsync_after_insert = 0;
