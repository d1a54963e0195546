-- What became of each site's beacons by hour, for the installation check where collecting and answering are apart.
-- Every ingest adds what is new every few seconds; sums are taken when read.
-- Not fsynced and not deduplicated: a few lost or repeated after a power cut or an unanswered insert do no harm here.
-- A day's parts are dropped as a whole two days after the day's end; all of a part ends at one moment, so no part is
-- ever rewritten for it.

CREATE TABLE IF NOT EXISTS arrivals
(
    site LowCardinality(String) COMMENT 'Public site key',
    hour DateTime('UTC') COMMENT 'UTC hour in which the beacons came, its first second',
    outcome LowCardinality(String) COMMENT 'What became of them: admitted, or why they were dropped',
    n UInt64 COMMENT 'How many of them'
)
ENGINE = MergeTree
PARTITION BY toDate(hour)
ORDER BY (site, hour, outcome)
TTL toDate(hour) + INTERVAL 3 DAY
SETTINGS ttl_only_drop_parts = 1, merge_with_ttl_timeout = 3600;
