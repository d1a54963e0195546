//! Batches alone: from entries to a block.

use isotherm_aggregate::batch::{Batch, BatchHead, build};
use isotherm_core::admit::Interaction;
use isotherm_core::day::{Day, Hour};
use isotherm_core::ids::IdKey;
use isotherm_core::ports::{Entry, PoisonReason, Text};
use isotherm_core::record::{Intent, Lane, Lanes, LogId, Offset, RecordHeader};
use isotherm_core::row::{CountRow, Kind};
use isotherm_wire::record::{HEADER_BYTES, frame, pack};
use proptest::prelude::*;

use crate::records::{click, number_of};

const PARTITION: u16 = 3;
const HOUR: Hour = Hour(498_684);

fn header(lane: u64, seq: u64, floor: u64) -> RecordHeader {
    RecordHeader {
        lane: Lane(lane),
        partition: PARTITION,
        seq,
        floor,
    }
}

fn entry(offset: Offset, header: RecordHeader, interactions: &[Interaction]) -> Entry {
    Entry {
        offset,
        bytes: frame(&header, &pack(HOUR, interactions)),
    }
}

/// One record of one click whose number is the offset.
fn one(offset: Offset, header: RecordHeader) -> Entry {
    entry(offset, header, &[click("acme", "/p", offset as u32)])
}

fn head(first: Offset, last: Offset) -> BatchHead {
    BatchHead {
        intent: Intent {
            log_id: LogId(9),
            first,
            last,
            landing: Day(20_778),
            attempt: 0,
        },
        partition: PARTITION,
        opening: 0,
    }
}

fn built(last: Offset, entries: &[Entry]) -> Batch {
    build(head(0, last), entries, &Lanes::default(), &IdKey::new([7; 16]))
}

/// Numbers of the clicks that a batch counts.
fn clicks(batch: &Batch) -> Vec<u32> {
    let grid = |row: &&CountRow| row.key.kind == Kind::Grid;
    let rows = batch.block.folded.rows.iter().filter(grid);
    rows.map(|row| number_of(row.key.x, row.key.y)).collect()
}

/// (records, skipped, poison, interactions) of the ledger row.
fn ledger(batch: &Batch) -> (u64, u64, u64, u64) {
    let row = batch.block.ledger;
    (row.records, row.skipped, row.poison, row.interactions)
}

fn lost(batch: &Batch) -> Vec<(Option<u64>, u64, u64)> {
    let row = |lost: &isotherm_core::ports::LostRow| (lost.lane.map(|lane| lane.0), lost.first, lost.count);
    batch.block.lost.iter().map(row).collect()
}

fn dead_letters(batch: &Batch) -> Vec<(Offset, Option<u8>, PoisonReason)> {
    let rows = batch.block.poison.iter();
    rows.map(|row| (row.offset, row.version, row.reason)).collect()
}

#[test]
fn a_repeat_is_counted_once_wherever_it_stands() {
    let entries = [
        one(0, header(5, 1, 1)),
        one(1, header(5, 1, 1)),
        one(2, header(5, 2, 1)),
        one(3, header(5, 1, 1)),
    ];
    let batch = built(3, &entries);
    assert_eq!((clicks(&batch), ledger(&batch)), (vec![0, 2], (2, 2, 0, 2)));
    assert_eq!(batch.block.lasts, [(Lane(5), 2)]);
    let again = [one(4, header(5, 2, 1)), one(5, header(5, 3, 1))];
    let next = build(head(4, 5), &again, &batch.lanes, &IdKey::new([7; 16]));
    assert_eq!(clicks(&next), [5], "the lanes of the batch before say what is a repeat");
}

#[test]
fn what_is_missing_inside_a_lane_is_lost_and_the_lane_goes_on() {
    let entries = [
        one(0, header(5, 1, 1)),
        one(1, header(5, 4, 2)),
        one(2, header(5, 2, 2)),
        one(3, header(5, 3, 2)),
        one(4, header(5, 5, 2)),
    ];
    let batch = built(4, &entries);
    assert_eq!((clicks(&batch), lost(&batch)), (vec![0, 1, 4], vec![(Some(5), 2, 2)]));
    assert_eq!(
        batch.gaps, 2,
        "the ingest had given up neither: somebody should be told"
    );
    assert_eq!(
        ledger(&batch),
        (3, 2, 0, 3),
        "what was called lost stays lost when it comes again"
    );
}

#[test]
fn retention_that_cuts_into_a_lane_costs_what_it_cut_and_no_more() {
    let entries = [
        one(7, header(5, 8, 1)),
        one(8, header(5, 9, 1)),
        one(9, header(6, 1, 1)),
    ];
    let batch = built(9, &entries);
    assert_eq!(clicks(&batch), [7, 8, 9], "although the floors are from before the cut");
    assert_eq!(lost(&batch), [(None, 0, 7), (Some(5), 1, 7)]);
    assert_eq!(batch.block.lasts, [(Lane(5), 9), (Lane(6), 1)]);
}

#[test]
fn records_below_the_floor_are_lost_and_said_so_once() {
    let batch = built(
        2,
        &[
            one(0, header(5, 1, 1)),
            one(1, header(5, 5, 5)),
            one(2, header(5, 6, 5)),
        ],
    );
    assert_eq!((clicks(&batch), lost(&batch)), (vec![0, 1, 2], vec![(Some(5), 2, 3)]));
    assert_eq!(batch.block.lasts, [(Lane(5), 6)]);
}

#[test]
fn offsets_that_are_not_there_are_lost_at_every_place_of_the_range() {
    let entries = [
        one(2, header(5, 1, 1)),
        one(3, header(5, 2, 1)),
        one(6, header(5, 3, 1)),
    ];
    let batch = built(9, &entries);
    assert_eq!(lost(&batch), [(None, 0, 2), (None, 4, 2), (None, 7, 3)]);
    assert_eq!(ledger(&batch), (3, 0, 0, 3));
    let nothing = built(4, &[]);
    assert_eq!((lost(&nothing), clicks(&nothing)), (vec![(None, 0, 5)], vec![]));
}

#[test]
fn entries_outside_the_range_are_not_of_the_batch() {
    let entries = [
        one(0, header(5, 1, 1)),
        one(1, header(5, 2, 1)),
        one(2, header(5, 3, 1)),
    ];
    let batch = built(1, &entries);
    assert_eq!(
        (clicks(&batch), batch.block.lasts.clone()),
        (vec![0, 1], vec![(Lane(5), 2)])
    );
}

#[test]
fn poison_with_a_header_advances_its_lane() {
    let mut poison = one(1, header(5, 2, 1));
    poison.bytes[HEADER_BYTES] ^= 1;
    let batch = built(2, &[one(0, header(5, 1, 1)), poison, one(2, header(5, 3, 1))]);
    assert_eq!((clicks(&batch), ledger(&batch)), (vec![0, 2], (2, 0, 1, 2)));
    assert_eq!(batch.block.lasts, [(Lane(5), 3)]);
    assert_eq!(dead_letters(&batch), [(1, Some(1), PoisonReason::Body)]);
}

#[test]
fn poison_without_a_header_stalls_nothing() {
    let mut poison = one(1, header(5, 2, 1));
    poison.bytes[5] ^= 1;
    let entries = [
        one(0, header(5, 1, 1)),
        poison,
        one(2, header(5, 3, 1)),
        one(3, header(5, 4, 1)),
    ];
    let batch = built(3, &entries);
    assert_eq!((clicks(&batch), ledger(&batch)), (vec![0, 2, 3], (3, 0, 1, 3)));
    assert_eq!(lost(&batch), [(Some(5), 2, 1)]);
    assert_eq!(dead_letters(&batch), [(1, None, PoisonReason::Header)]);
}

#[test]
fn a_record_of_another_partition_is_poison_and_moves_no_lane() {
    let foreign = RecordHeader {
        partition: PARTITION + 1,
        ..header(5, 1, 1)
    };
    let batch = built(1, &[one(0, foreign), one(1, header(5, 1, 1))]);
    assert_eq!((clicks(&batch), ledger(&batch)), (vec![1], (1, 0, 1, 1)));
    assert_eq!(dead_letters(&batch), [(0, Some(1), PoisonReason::Partition)]);
}

#[test]
fn a_record_of_a_later_version_is_poison_that_names_its_version() {
    let mut bytes = one(0, header(5, 1, 1)).bytes;
    bytes[2] = 9;
    let check = crc32fast::hash(&bytes[..HEADER_BYTES - 4]).to_le_bytes();
    bytes[HEADER_BYTES - 4..HEADER_BYTES].copy_from_slice(&check);
    let batch = built(0, &[Entry { offset: 0, bytes }]);
    assert_eq!(dead_letters(&batch), [(0, Some(9), PoisonReason::Version)]);
    assert_eq!(batch.block.lasts, [(Lane(5), 1)]);
}

#[test]
fn two_sites_in_one_record_are_counted_apart() {
    let both = [click("zebra", "/p", 1), click("acme", "/p", 2), click("zebra", "/p", 3)];
    let batch = built(0, &[entry(0, header(5, 1, 1), &both)]);
    let folded = &batch.block.folded;
    assert_eq!(
        folded.sites.iter().map(|site| &**site).collect::<Vec<_>>(),
        ["acme", "zebra"]
    );
    let grid = folded.rows.iter().filter(|row| row.key.kind == Kind::Grid);
    let seen: Vec<(u32, u16)> = grid.map(|row| (row.key.site, row.key.x)).collect();
    assert_eq!(seen, [(0, 2), (1, 1), (1, 3)]);
    let pages: std::collections::BTreeSet<u64> = folded.rows.iter().map(|row| row.key.page.0).collect();
    assert_eq!(pages.len(), 2, "the same path is another page on another site");
}

#[test]
fn a_path_is_a_candidate_for_publishing_only_with_a_page_view() {
    let mut later = click("acme", "/later", 2);
    later.view = false;
    later.fold_100px = None;
    let batch = built(0, &[entry(0, header(5, 1, 1), &[click("acme", "/seen", 1), later])]);
    let texts: Vec<String> = batch
        .texts
        .iter()
        .map(|(site, text)| match text {
            Text::Page(_, path) => format!("{site} page {path}"),
            Text::Anchor(_, anchor) => format!("{site} anchor {anchor}"),
        })
        .collect();
    assert_eq!(texts, ["acme page /seen", "acme anchor #buy"]);
    let repeated = built(1, &[one(0, header(5, 1, 1)), one(1, header(5, 1, 1))]);
    assert_eq!(repeated.texts.len(), 2, "a repeat brings no candidates of its own");
}

#[test]
fn a_batch_counts_by_the_records_hour_not_by_its_landing() {
    let late = Entry {
        offset: 0,
        bytes: frame(
            &header(5, 1, 1),
            &pack(Hour(20_700 * 24 + 23), &[click("acme", "/p", 1)]),
        ),
    };
    let batch = built(0, &[late]);
    assert!(batch.block.folded.rows.iter().all(|row| row.key.day == Day(20_700)));
}

proptest! {
    /// The same records give the same block whatever order a hash map has today; a redo depends on it.
    #[test]
    fn the_same_entries_give_the_same_block(
        shape in proptest::collection::vec((0u64..3, 0u32..40, 0usize..3), 1..30),
    ) {
        let entries: Vec<Entry> = (0..).zip(&shape).map(|(offset, (lane, number, site))| {
            let sites = ["acme", "zebra", "mango"];
            let interactions = [
                click(sites[*site], "/p", *number),
                click(sites[(*site + 1) % 3], &format!("/q/{number}"), *number),
            ];
            entry(offset, header(*lane, offset + 1, offset + 1), &interactions)
        }).collect();
        let last = entries.len() as Offset - 1;
        let (one, two) = (built(last, &entries), built(last, &entries));
        prop_assert_eq!(&one.block, &two.block);
        prop_assert_eq!(format!("{:?}", one.block), format!("{:?}", two.block));
        prop_assert_eq!((one.texts, one.lanes), (two.texts, two.lanes));
        let rows = &one.block.folded.rows;
        prop_assert!(rows.windows(2).all(|pair| pair[0].key < pair[1].key), "sorted, each key once");
    }
}
