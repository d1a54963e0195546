-- PostHog's table of heatmap events on one node, as its repository publishes it (posthog/heatmaps/sql.py, read in 2026-11): the
-- same columns, partition and order, without the retention.
CREATE TABLE bench.heatmaps
(
    session_id String, team_id Int64, distinct_id String, timestamp DateTime64(6, 'UTC'),
    x Int16, y Int16, scale_factor Int16, viewport_width Int16, viewport_height Int16,
    pointer_target_fixed Bool, current_url String, type LowCardinality(String),
    _timestamp DateTime, _offset UInt64, _partition UInt64
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(timestamp)
ORDER BY (type, team_id, toDate(timestamp), current_url, viewport_width)
