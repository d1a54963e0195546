//! Batches: whole or not at all, once, one part each; and what the ledger then says.

use std::io::{Read, Write};
use std::net::TcpStream;

use isotherm_core::day::Day;
use isotherm_core::ports::{Block, CountStore, LedgerEnd, LostRow, StoreError};
use isotherm_core::record::Lane;
use isotherm_store_clickhouse::{ClickHouseCounts, StoreSettings, migrate};

use crate::support::{LOG, TODAY, TOUCH, TestStore, Touch, block, client, settings_of, start};

/// About `rows` distinct count rows.
fn large(first: u64, rows: usize) -> Block {
    let touches: Vec<Touch> = (0..rows)
        .map(|i| Touch {
            page: (i / 40_000) as u64,
            cell: ((i % 1000) as u16, (i / 1000 % 40) as u16),
            anchor: 0,
            view: false,
            reach: 0,
            ..TOUCH
        })
        .collect();
    block(0, first, first, &touches)
}

fn ends_at(last: u64, opening: u64, records: u64) -> LedgerEnd {
    LedgerEnd { last, opening, records }
}

#[test]
fn the_same_batch_twice_counts_once() {
    let store = TestStore::new("twice");
    let mut counts = store.counts();
    let batch = block(
        0,
        1,
        4,
        &[
            TOUCH,
            Touch {
                cell: (3, 4),
                n: 2,
                ..TOUCH
            },
        ],
    );
    let inserted = counts.insert(&batch).expect("inserted");
    assert_eq!(inserted.rows, batch.folded.rows.len() as u64 + 1);
    assert_eq!(counts.insert(&batch).expect("inserted"), inserted);
    assert_eq!(store.one("SELECT count() FROM live"), inserted.rows);
    assert_eq!(store.one("SELECT sum(n) FROM live WHERE kind = 'grid'"), 3);

    let mut again = batch.clone();
    again.ledger.intent.attempt = 1;
    counts.insert(&again).expect("inserted");
    assert_eq!(
        store.one("SELECT count() FROM live"),
        2 * inserted.rows,
        "another attempt is another token"
    );
}

#[test]
fn the_same_batch_counts_once_also_after_kill_and_restart() {
    let mut own = start();
    let settings = settings_of(&own.server, "killed");
    own.runtime.block_on(migrate(&settings)).expect("migrated");
    let counts = |settings: &StoreSettings, own: &crate::support::Shared| {
        ClickHouseCounts::new(settings, own.runtime.handle().clone())
    };
    let batch = large(1, 5_000);
    counts(&settings, &own).insert(&batch).expect("inserted");
    own.runtime.block_on(own.server.kill());
    let gone = counts(&settings, &own).insert(&batch);
    assert!(matches!(gone, Err(StoreError::Unavailable(_))), "{gone:?}");
    own.runtime.block_on(own.server.restart()).expect("a server again");
    counts(&settings, &own).insert(&batch).expect("inserted again");
    let sql = "SELECT count() FROM live WHERE kind >= 'page'";
    let rows: u64 = own
        .runtime
        .block_on(client(&settings).query_raw(sql).fetch_one())
        .expect("a number");
    assert_eq!(rows, batch.folded.rows.len() as u64);
    let end = counts(&settings, &own).ledger_end(LOG, 0).expect("an end");
    assert_eq!(end, Some(ends_at(1, 5, 1)));
}

#[test]
fn a_large_batch_is_one_part() {
    let store = TestStore::new("one_part");
    let batch = large(1, 300_000);
    assert!(batch.folded.rows.len() >= 300_000);
    store.run("SYSTEM STOP MERGES live");
    let mut counts = store.counts();
    counts.insert(&batch).expect("inserted");
    let parts = "SELECT rows FROM system.parts WHERE database = currentDatabase() AND table = 'live' AND active";
    assert_eq!(store.all::<u64>(parts), [batch.folded.rows.len() as u64 + 1]);
    let folded: u64 = batch.folded.rows.iter().map(|row| u64::from(row.counts.n)).sum();
    assert_eq!(store.one("SELECT sum(n) FROM live"), folded);
}

#[test]
fn what_is_stored_is_what_was_folded() {
    let store = TestStore::new("exact");
    let touches = [
        TOUCH,
        Touch {
            site: "zebra",
            page: u64::MAX,
            day: Day(1),
            country: "US",
            first: 9,
            n: 255,
            ..TOUCH
        },
        Touch {
            cell: (1_023, 32_767),
            anchor: 2,
            first: 1,
            view: false,
            ..TOUCH
        },
    ];
    let batch = block(65_535, 1, 3, &touches);
    store.counts().insert(&batch).expect("inserted");
    type Row = (i8, String, u64, u8, u8, u16, u64, u16, u16, [u8; 2], [u32; 5]);
    let of_row = |row: &isotherm_core::row::CountRow| -> Row {
        let (key, counts) = (row.key, row.counts);
        let numbers = [
            counts.n,
            counts.views,
            counts.views_32,
            counts.views_64,
            counts.views_element,
        ];
        (
            key.kind as i8,
            batch.folded.sites[key.site as usize].to_string(),
            key.page.0,
            key.layer as u8,
            key.viewport.code(),
            key.day.0,
            key.anchor,
            key.y,
            key.x,
            key.country.bytes(),
            numbers,
        )
    };
    let expected: Vec<Row> = batch.folded.rows.iter().map(of_row).collect();
    #[derive(clickhouse::Row, serde::Deserialize)]
    struct Stored {
        kind: i8,
        site: String,
        page: u64,
        layer: u8,
        viewport: u8,
        day: u16,
        anchor: u64,
        y: u16,
        x: u16,
        country: [u8; 2],
        n: u32,
        views: u32,
        views_32: u32,
        views_64: u32,
        views_element: u32,
    }
    let sql = "SELECT kind, site, page, layer, viewport, day, anchor, y, x, country, n, views, \
        views_32, views_64, views_element FROM live WHERE kind >= 'page'";
    let found: Vec<Row> = store
        .all::<Stored>(sql)
        .into_iter()
        .map(|s| {
            let numbers = [s.n, s.views, s.views_32, s.views_64, s.views_element];
            (
                s.kind, s.site, s.page, s.layer, s.viewport, s.day, s.anchor, s.y, s.x, s.country, numbers,
            )
        })
        .collect();
    assert_eq!(found, expected, "also in this order, which is the table's");
}

#[test]
fn an_insert_that_is_cut_off_leaves_nothing() {
    let store = TestStore::new("cut_off");
    let batch = large(1, 300_000);
    // A relay that passes on two megabytes of the request and then breaks the connection.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = listener.local_addr().expect("bound").port();
    let target = store.settings.url.trim_start_matches("http://").to_owned();
    let relay = std::thread::spawn(move || {
        let (mut from, _) = listener.accept().expect("a connection");
        let mut to = TcpStream::connect(target).expect("the server");
        let mut buffer = [0; 65_536];
        let mut left = 2_000_000;
        while left > 0 {
            let read = from.read(&mut buffer).expect("bytes").min(left);
            to.write_all(&buffer[..read]).expect("passed on");
            left -= read;
        }
    });
    let mut through = store.settings.clone();
    through.url = format!("http://127.0.0.1:{port}");
    let result = ClickHouseCounts::new(&through, store.shared.runtime.handle().clone()).insert(&batch);
    assert!(matches!(result, Err(StoreError::Unavailable(_))), "{result:?}");
    relay.join().expect("the relay");
    // The repeat comes after whatever the server still had to do with the first.
    assert_eq!(store.one("SELECT count() FROM live"), 0);
    store.counts().insert(&batch).expect("inserted");
    assert_eq!(
        store.one("SELECT count() FROM live"),
        batch.folded.rows.len() as u64 + 1
    );
}

#[test]
fn the_ledger_says_where_each_partition_ends_and_how_far_each_lane_is() {
    let store = TestStore::new("ends");
    let mut counts = store.counts();
    assert_eq!(counts.ledger_end(LOG, 3), Ok(None));
    assert_eq!(counts.lanes(LOG, 3).expect("lanes").iter().count(), 0);
    for (first, last, seq) in [(0, 9, 10), (10, 14, 15)] {
        let mut batch = block(3, first, last, &[TOUCH]);
        batch.ledger.opening = first + 1;
        batch.lasts = vec![(Lane(8), seq), (Lane(9), 2)];
        batch.lost = vec![LostRow {
            lane: Some(Lane(9)),
            first: 1,
            count: 1,
        }];
        counts.insert(&batch).expect("inserted");
    }
    counts.insert(&block(4, 0, 99, &[])).expect("inserted");
    assert_eq!(counts.ledger_end(LOG, 3), Ok(Some(ends_at(14, 11, 5))));
    assert_eq!(counts.ledger_end(LOG, 4), Ok(Some(ends_at(99, 5, 100))));
    let lanes: Vec<(Lane, u64)> = counts.lanes(LOG, 3).expect("lanes").iter().collect();
    assert_eq!(lanes, [(Lane(8), 15), (Lane(9), 2)]);
    store.run("ALTER TABLE live DELETE WHERE control.first_offset[1] = 10 SETTINGS mutations_sync = 2");
    assert_eq!(
        counts.ledger_end(LOG, 3),
        Ok(Some(ends_at(9, 1, 10))),
        "a restored ledger ends earlier than the one that was known"
    );
    assert_eq!(store.counts().lanes(LOG, 3).expect("lanes").last(Lane(8)), 10);
    store.run("ALTER TABLE live DELETE WHERE control.first_offset[1] = 0 SETTINGS mutations_sync = 2");
    assert_eq!(counts.ledger_end(LOG, 3), Ok(None));
}

#[test]
fn of_two_batches_that_begin_at_one_offset_only_one_lands() {
    let store = TestStore::new("one_beginning");
    let mut counts = store.counts();
    for last in [9, 14, 4] {
        counts.insert(&block(3, 0, last, &[TOUCH])).expect("answered");
    }
    assert_eq!(counts.ledger_end(LOG, 3), Ok(Some(ends_at(9, 5, 10))));
    counts.insert(&block(4, 0, 14, &[TOUCH])).expect("inserted");
    assert_eq!(counts.ledger_end(LOG, 4), Ok(Some(ends_at(14, 5, 15))));
}

#[test]
fn a_sealed_landing_is_closed_and_only_its_copied_ledger_rows_count() {
    let store = TestStore::new("sealed_ledger");
    let mut counts = store.counts();
    let mut batch = block(0, 0, 9, &[TOUCH]);
    batch.lasts = vec![(Lane(8), 10)];
    counts.insert(&batch).expect("inserted");
    assert_eq!(counts.landing_is_open(TODAY), Ok(true));
    for (attempt, last) in [(77, 9), (78, 500)] {
        store.run(&format!(
            "INSERT INTO ledger (landing, seal_attempt, kind, log_id, partition, first_offset, last_offset, opening, records, lane, seq)
             VALUES ({0}, {attempt}, 'ledger', {1}, 0, 0, {last}, 5, 12, 0, 0), ({0}, {attempt}, 'last', {1}, 0, 0, {last}, 0, 0, 8, {last})",
            TODAY.0, LOG.0
        ));
    }
    store.run(&format!(
        "INSERT INTO seals (landing, seal_attempt) VALUES ({}, 77)",
        TODAY.0
    ));
    assert_eq!(counts.landing_is_open(TODAY), Ok(false));
    assert_eq!(counts.landing_is_open(Day(TODAY.0 + 1)), Ok(true));
    assert_eq!(counts.ledger_end(LOG, 0), Ok(Some(ends_at(9, 5, 12))));
    assert_eq!(counts.lanes(LOG, 0).expect("lanes").last(Lane(8)), 9);
}
