-- Counts, and the ledger that says which batch they came from.
-- Every count column is additive over rows. Reads follow the order of the tables: equality columns, then time, then place.
--
-- non_replicated_deduplication_window: how many tokens the server remembers, 234 bytes of its memory each (measured), so
-- 47 MB when full. They need not last as long as a landing takes batches: an insert is sent within five minutes of the look
-- at the ledger that allows it, or the ledger is looked at again (CHECK_VALID_MS of the aggregator), and a server gives up
-- an insert whose sender is gone within minutes. 200,000 tokens are 55 batches a second for an hour; four partitions make 8.
-- fsync_*, min_rows_to_fsync_after_merge: a row that was acknowledged is on the disk, also after the parts that brought
-- it were merged and removed.
-- min_bytes_for_wide_part: a part below 256 MiB keeps its columns in one file, so an insert is a handful of fsyncs instead
-- of two per column; measured a quarter less CPU per insert.
-- In control rows page and anchor hold the partition and the first offset, so that the end of a ledger is found in the
-- table's order.
-- days and countries have one row for each group of places of a cohort (one kind, layer and coarseness), its places as arrays
-- in the order of anchor, y and x: a question for a page reads as many rows as it has cohorts, and what is the same for all
-- places of a cohort is written once. A count row of `live` is one entry of the arrays.
-- index_granularity: a page has some hundred of these rows, and a question would read all of the usual 8,192. A part whose
-- columns share a file packs each of these pieces alone (measured, with pieces of 256 rows in countries: 4.6 bytes per click instead of
-- 3.6): above 1 MiB they do not.
-- min_age_to_force_merge_*: a seal writes some parts a day, and a question reads a piece of each. Five minutes after the last
-- one a month is one part.
-- waiting_days and waiting_countries have a partition for each sealing attempt: each seal writes all that waits, questions read
-- the newest alone, and what it replaced is dropped as a whole.
-- days keeps differences, which take a third less room than what they are made of; y, n and views are read as everywhere. Sums
-- wrap, so that a scroll row, which may have no interaction or more page views than interactions, comes back as it was.
-- A scroll row is a step: n page views whose reach begins at depth y, views whose reach ends there. Bands of one percent
-- would be up to a hundred rows for one beacon.
-- control is an array that is empty in count rows: sixteen plain columns of zeros doubled the CPU of an insert.

CREATE TABLE IF NOT EXISTS live
(
    landing Date COMMENT 'UTC day under which the batch landed; the partition',
    kind Enum8('ledger' = 1, 'last' = 2, 'lost' = 3, 'page' = 4, 'grid' = 5, 'eighth' = 6, 'px16' = 7)
        COMMENT 'Control rows (ledger, last, lost), or which map a count belongs to',
    site LowCardinality(String) COMMENT 'Public site key; empty in control rows',
    page UInt64 COMMENT 'Keyed hash of site and page path; the partition of the log in control rows',
    layer UInt8 COMMENT 'What was done: 1 view, 2 scroll, 3 fold, 4 click, 5 tap',
    viewport UInt8 COMMENT 'Class of viewport width, 1 (phone) to 6 (wide)',
    day Date COMMENT 'UTC day of the interaction',
    anchor UInt64 COMMENT 'Keyed hash of site and element selector, 0 outside elements; the first offset in control rows',
    y UInt16 COMMENT 'Row of the cell, depth in percent, or fold in steps of 100 px',
    x UInt16 COMMENT 'Column of the cell',
    country FixedString(2) COMMENT 'ISO 3166-1 alpha-2; ZZ where unknown',
    n UInt32 COMMENT 'Interactions' CODEC(T64, LZ4),
    views UInt32 COMMENT 'Page views at the place itself' CODEC(T64, LZ4),
    views_32 UInt32 COMMENT 'Page views that the cell adds to its 32 px parent' CODEC(T64, LZ4),
    views_64 UInt32 COMMENT 'Page views that the cell adds to its 64 px parent' CODEC(T64, LZ4),
    views_element UInt32 COMMENT 'Page views that the position adds to its element' CODEC(T64, LZ4),
    control Array(Tuple(
        log_id UInt64, partition UInt16, first_offset UInt64, last_offset UInt64, attempt UInt32, opening UInt64,
        records UInt64, skipped UInt64, poison UInt64, interactions UInt64, count_rows UInt64, n_sum UInt64,
        lane UInt64, seq UInt64, lost_first UInt64, lost_count UInt64))
        COMMENT 'One entry in control rows (which batch, what it counted, how far each lane is, what is lost); empty in count rows'
)
ENGINE = MergeTree
PARTITION BY landing
ORDER BY (kind, site, page, layer, viewport, day, anchor, y, x, country)
SETTINGS non_replicated_deduplication_window = 200000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1, min_bytes_for_wide_part = 268435456;

CREATE TABLE IF NOT EXISTS days
(
    landing Date COMMENT 'Landing whose seal made the cohort' CODEC(ZSTD(9)),
    seal_attempt UInt64 COMMENT 'Random number of the sealing attempt; counts only where seals names it' CODEC(ZSTD(9)),
    kind Enum8('poison' = 0, 'ledger' = 1, 'last' = 2, 'lost' = 3, 'page' = 4, 'grid' = 5, 'eighth' = 6, 'px16' = 7)
        COMMENT 'Which map a count belongs to',
    site LowCardinality(String) COMMENT 'Public site key',
    page UInt64 COMMENT 'Keyed hash of site and page path' CODEC(ZSTD(9)),
    layer UInt8 COMMENT 'What was done, codes as in live',
    viewport UInt8 COMMENT 'Class of viewport width, 1 to 6' CODEC(ZSTD(3)),
    first_day Date COMMENT 'First UTC day of the cohort' CODEC(ZSTD(9)),
    last_day Date COMMENT 'Last UTC day of the cohort' CODEC(ZSTD(9)),
    level UInt8 COMMENT 'How fine the places are: 0 as they were counted, 1 element, 2 cell of 64 px, 3 the page; coarser only in old cohorts',
    `places.anchor` Array(UInt64) COMMENT 'Keyed hash of site and element selector; 0 outside elements' CODEC(ZSTD(15)),
    `places.down` Array(Int16) COMMENT 'How far below the place before; of the first, its y' CODEC(T64, ZSTD(3)),
    `places.x` Array(UInt16) COMMENT 'Column of the cell' CODEC(T64, ZSTD(3)),
    `places.more` Array(UInt32) COMMENT 'Interactions after the first' CODEC(T64, ZSTD(3)),
    `places.again` Array(UInt32) COMMENT 'Interactions that are not the first of their page view there' CODEC(T64, ZSTD(3)),
    `places.views_32` Array(UInt32) COMMENT 'Page views that the cell adds to its 32 px parent' CODEC(T64, ZSTD(3)),
    `places.views_64` Array(UInt32) COMMENT 'Page views that the cell adds to its 64 px parent' CODEC(T64, ZSTD(3)),
    `places.views_element` Array(UInt32) COMMENT 'Page views that the position adds to its element' CODEC(T64, ZSTD(3)),
    `places.y` Array(UInt16) ALIAS CAST(arrayCumSum(places.down), 'Array(UInt16)')
        COMMENT 'Row of the cell, depth in percent, or fold in steps of 100 px',
    `places.n` Array(UInt32) ALIAS arrayMap(more -> toUInt32(more + 1), places.more) COMMENT 'Interactions',
    `places.views` Array(UInt32) ALIAS arrayMap((more, again) -> toUInt32(more + 1 - again), places.more, places.again)
        COMMENT 'Page views at the place itself'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(landing)
ORDER BY (kind, site, page, layer, viewport, first_day)
SETTINGS index_granularity = 64, min_bytes_for_wide_part = 1048576, min_age_to_force_merge_seconds = 300,
    min_age_to_force_merge_on_partition_only = 1, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS countries
(
    seal_attempt UInt64 COMMENT 'Random number of the sealing attempt; counts only where seals names it' CODEC(ZSTD(9)),
    kind Enum8('poison' = 0, 'ledger' = 1, 'last' = 2, 'lost' = 3, 'page' = 4, 'grid' = 5, 'eighth' = 6, 'px16' = 7)
        COMMENT 'Which map a count belongs to',
    site LowCardinality(String) COMMENT 'Public site key',
    page UInt64 COMMENT 'Keyed hash of site and page path' CODEC(ZSTD(9)),
    layer UInt8 COMMENT 'What was done, codes as in live',
    viewport UInt8 COMMENT 'Class of viewport width, 1 to 6' CODEC(ZSTD(3)),
    month Date COMMENT 'First day of the month; no finer time is kept beside a country' CODEC(ZSTD(9)),
    country FixedString(2) COMMENT 'ISO 3166-1 alpha-2; ZZ where unknown or too small' CODEC(ZSTD(3)),
    level UInt8 COMMENT 'How fine the places are: 0 as they were counted, 1 cell of 32 px, element or band, 2 cell of 64 px or wide band, 3 the page',
    `places.anchor` Array(UInt64) COMMENT 'Keyed hash of site and element selector; 0 outside elements' CODEC(ZSTD(15)),
    `places.y` Array(UInt16) COMMENT 'Row of the cell, depth in percent, or fold in steps of 100 px' CODEC(Delta, ZSTD(9)),
    `places.x` Array(UInt16) COMMENT 'Column of the cell' CODEC(T64, ZSTD(3)),
    `places.n` Array(UInt32) COMMENT 'Interactions, rounded' CODEC(T64, ZSTD(3)),
    `places.views` Array(UInt32) COMMENT 'Page views at the place itself, rounded' CODEC(T64, ZSTD(3)),
    `places.views_32` Array(UInt32) COMMENT 'Page views that the cell adds to its 32 px parent, rounded' CODEC(T64, ZSTD(3)),
    `places.views_64` Array(UInt32) COMMENT 'Page views that the cell adds to its 64 px parent, rounded' CODEC(T64, ZSTD(3)),
    `places.views_element` Array(UInt32) COMMENT 'Page views that the position adds to its element, rounded' CODEC(T64, ZSTD(3))
)
ENGINE = MergeTree
PARTITION BY month
ORDER BY (kind, site, page, layer, viewport, month, country, level)
SETTINGS index_granularity = 256, min_bytes_for_wide_part = 1048576, min_age_to_force_merge_seconds = 300,
    min_age_to_force_merge_on_partition_only = 1, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS waiting_days
(
    seal_attempt UInt64 COMMENT 'Random number of the sealing attempt; only the newest seal counts, which wrote all that waits',
    kind Enum8('poison' = 0, 'ledger' = 1, 'last' = 2, 'lost' = 3, 'page' = 4, 'grid' = 5, 'eighth' = 6, 'px16' = 7)
        COMMENT 'Which map a count belongs to',
    site LowCardinality(String) COMMENT 'Public site key',
    page UInt64 COMMENT 'Keyed hash of site and page path; 0 once the group joined the site''s other',
    layer UInt8 COMMENT 'What was done, codes as in live',
    viewport UInt8 COMMENT 'Class of viewport width, 1 to 6; 0 once the group joined the site''s other',
    day Date COMMENT 'UTC day of the interaction',
    anchor UInt64 COMMENT 'Keyed hash of site and element selector; 0 outside elements',
    y UInt16 COMMENT 'Row of the cell, depth in percent, or fold in steps of 100 px',
    x UInt16 COMMENT 'Column of the cell',
    n UInt32 COMMENT 'Interactions' CODEC(T64, LZ4),
    views UInt32 COMMENT 'Page views at the place itself' CODEC(T64, LZ4),
    views_32 UInt32 COMMENT 'Page views that the cell adds to its 32 px parent' CODEC(T64, LZ4),
    views_64 UInt32 COMMENT 'Page views that the cell adds to its 64 px parent' CODEC(T64, LZ4),
    views_element UInt32 COMMENT 'Page views that the position adds to its element' CODEC(T64, LZ4)
)
ENGINE = MergeTree
PARTITION BY seal_attempt
ORDER BY (kind, site, page, layer, viewport, day, anchor, y, x)
SETTINGS index_granularity = 128, fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS waiting_countries
(
    seal_attempt UInt64 COMMENT 'Random number of the sealing attempt; only the newest seal counts, which wrote all that waits',
    kind Enum8('poison' = 0, 'ledger' = 1, 'last' = 2, 'lost' = 3, 'page' = 4, 'grid' = 5, 'eighth' = 6, 'px16' = 7)
        COMMENT 'Which map a count belongs to',
    site LowCardinality(String) COMMENT 'Public site key',
    page UInt64 COMMENT 'Keyed hash of site and page path; 0 once the group joined the site''s other',
    layer UInt8 COMMENT 'What was done, codes as in live',
    viewport UInt8 COMMENT 'Class of viewport width, 1 to 6; 0 once the group joined the site''s other',
    anchor UInt64 COMMENT 'Keyed hash of site and element selector; 0 outside elements',
    y UInt16 COMMENT 'Row of the cell, depth in percent, or fold in steps of 100 px',
    x UInt16 COMMENT 'Column of the cell',
    country FixedString(2) COMMENT 'ISO 3166-1 alpha-2; ZZ where unknown',
    n UInt32 COMMENT 'Interactions' CODEC(T64, LZ4),
    views UInt32 COMMENT 'Page views at the place itself' CODEC(T64, LZ4),
    views_32 UInt32 COMMENT 'Page views that the cell adds to its 32 px parent' CODEC(T64, LZ4),
    views_64 UInt32 COMMENT 'Page views that the cell adds to its 64 px parent' CODEC(T64, LZ4),
    views_element UInt32 COMMENT 'Page views that the position adds to its element' CODEC(T64, LZ4)
)
ENGINE = MergeTree
PARTITION BY seal_attempt
ORDER BY (kind, site, page, layer, viewport, anchor, y, x, country)
SETTINGS index_granularity = 128, fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS ledger
(
    landing Date COMMENT 'Landing from which the row was copied when it was sealed',
    seal_attempt UInt64 COMMENT 'Random number of the sealing attempt; counts only where seals names it',
    kind Enum8('ledger' = 1, 'last' = 2, 'lost' = 3) COMMENT 'A batch, how far a lane is, or what is lost',
    log_id UInt64 COMMENT 'Random identity of the log',
    partition UInt16 COMMENT 'Partition of the log',
    first_offset UInt64 COMMENT 'First offset of the batch',
    last_offset UInt64 COMMENT 'Last offset of the batch',
    attempt UInt32 COMMENT 'How often the batch had to be intended again',
    opening UInt64 COMMENT 'Opening of the log on disk under which it was read; 0 for a topic',
    records UInt64 COMMENT 'Records taken',
    skipped UInt64 COMMENT 'Records skipped as repeats or behind a gap',
    poison UInt64 COMMENT 'Records that could not be decoded',
    interactions UInt64 COMMENT 'Interactions counted',
    count_rows UInt64 COMMENT 'Count rows of the batch',
    n_sum UInt64 COMMENT 'Sum of n over the count rows of the batch',
    lane UInt64 COMMENT 'One opening of one ingest''s log, a random number; 0 in lost rows that speak of offsets',
    seq UInt64 COMMENT 'Highest sequence number counted of the lane',
    lost_first UInt64 COMMENT 'First sequence number or offset that is lost',
    lost_count UInt64 COMMENT 'How many are lost'
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(landing)
ORDER BY (kind, log_id, partition, first_offset, lane)
SETTINGS fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS seals
(
    landing Date COMMENT 'The sealed landing; also the deduplication token, so that one attempt wins',
    seal_attempt UInt64 COMMENT 'Random number of the attempt that won'
)
ENGINE = MergeTree
ORDER BY landing
SETTINGS non_replicated_deduplication_window = 10000, fsync_after_insert = 1, fsync_part_directory = 1,
    min_rows_to_fsync_after_merge = 1;

CREATE TABLE IF NOT EXISTS erased
(
    landing Date COMMENT 'Landing of live out of which rows were deleted',
    count_rows UInt64 COMMENT 'Count rows deleted',
    n_sum UInt64 COMMENT 'Sum of n over them'
)
ENGINE = MergeTree
ORDER BY landing
SETTINGS non_replicated_deduplication_window = 1000, fsync_after_insert = 1, fsync_part_directory = 1, min_rows_to_fsync_after_merge = 1;
