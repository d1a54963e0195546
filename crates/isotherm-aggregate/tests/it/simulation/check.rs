//! What must hold at the end of every schedule.

use std::collections::{BTreeMap, BTreeSet};

use isotherm_core::place::Layer;
use isotherm_core::ports::Block;
use isotherm_core::record::{Lane, Offset};
use isotherm_core::row::Kind;
use isotherm_testkit::memory::Damage;

use super::world::{PARTITIONS, Sim, Written};
use crate::records::number_of;

/// What happened in schedules, summed.
#[derive(Clone, Default, Debug)]
pub(crate) struct Tally {
    pub(crate) counted: u64,
    pub(crate) lost: u64,
    pub(crate) stranded: u64,
    pub(crate) landed: u64,
    pub(crate) skipped: u64,
    pub(crate) poison: u64,
    pub(crate) lost_rows_of_lanes: u64,
    pub(crate) lost_rows_of_offsets: u64,
    pub(crate) attempts: u64,
    pub(crate) seals: u64,
    pub(crate) restores: u64,
    pub(crate) arrived_late: u64,
    pub(crate) fenced: u64,
}

impl Tally {
    pub(crate) fn add(&mut self, other: &Tally) {
        self.counted += other.counted;
        self.lost += other.lost;
        self.stranded += other.stranded;
        self.landed += other.landed;
        self.skipped += other.skipped;
        self.poison += other.poison;
        self.lost_rows_of_lanes += other.lost_rows_of_lanes;
        self.lost_rows_of_offsets += other.lost_rows_of_offsets;
        self.attempts += other.attempts;
        self.seals += other.seals;
        self.restores += other.restores;
        self.arrived_late += other.arrived_late;
        self.fenced += other.fenced;
    }
}

/// What the blocks of one partition say about what is gone.
#[derive(Default)]
struct Gone {
    offsets: Vec<(Offset, Offset)>,
    seqs: BTreeMap<Lane, Vec<(u64, u64)>>,
    lasts: BTreeMap<Lane, u64>,
}

pub(crate) fn check(sim: &mut Sim) -> Result<(), String> {
    let blocks = sim.counts.blocks();
    let totals = totals(&blocks)?;
    let mut tally = sim.tally.clone();
    (tally.counted, tally.lost, tally.stranded) = (0, 0, 0);
    (tally.skipped, tally.poison) = (0, 0);
    (tally.lost_rows_of_lanes, tally.lost_rows_of_offsets) = (0, 0);
    for partition in 0..PARTITIONS {
        let of_partition = || blocks.iter().filter(|block| block.ledger.partition == partition);
        let gone = ledger(sim, partition, of_partition(), &mut tally)?;
        for written in sim
            .written
            .iter()
            .filter(|written| written.header.partition == partition)
        {
            record(sim, written, &gone, &totals, &mut tally)?;
        }
        last_row_of_current_lane(sim, partition, &gone)?;
    }
    let known: u64 = sim.written.iter().map(|written| written.clicks.len() as u64).sum();
    if tally.counted + tally.lost != known || totals.len() as u64 != tally.counted {
        return Err(format!("{known} clicks were written, {} have totals", totals.len()));
    }
    sim.tally = tally;
    Ok(())
}

/// The total of every click, and the marginals that must agree with them.
fn totals(blocks: &[Block]) -> Result<BTreeMap<u32, u32>, String> {
    let mut totals: BTreeMap<u32, u32> = BTreeMap::new();
    let (mut on_elements, mut views) = (0, 0);
    for row in blocks.iter().flat_map(|block| &block.folded.rows) {
        match row.key.kind {
            Kind::Grid => {
                let number = number_of(row.key.x, row.key.y);
                *totals.entry(number).or_default() += row.counts.n;
                if row.counts.views_64 != row.counts.n {
                    return Err(format!("click {number} has other page views than clicks"));
                }
            }
            Kind::Eighth => on_elements += row.counts.n,
            Kind::Page if row.key.layer == Layer::View => views += row.counts.views,
            _ => {}
        }
    }
    if let Some((number, total)) = totals.iter().find(|(_, total)| **total != 1) {
        return Err(format!("click {number} is counted {total} times"));
    }
    let clicks = totals.len() as u32;
    match clicks == on_elements && clicks == views {
        true => Ok(totals),
        false => Err(format!(
            "{clicks} clicks, {on_elements} on elements, {views} page views"
        )),
    }
}

/// Ranges tile from 0 without gap and overlap, every offset is accounted for, and `last` rows only ever rise.
fn ledger<'b>(
    sim: &Sim,
    partition: u16,
    blocks: impl Iterator<Item = &'b Block>,
    tally: &mut Tally,
) -> Result<Gone, String> {
    let mut gone = Gone::default();
    let mut expected = 0;
    for block in blocks {
        let (row, intent) = (&block.ledger, &block.ledger.intent);
        if intent.first != expected || intent.last < intent.first {
            let found = (intent.first, intent.last);
            return Err(format!(
                "the ledger of partition {partition} goes on at {found:?}, not at {expected}"
            ));
        }
        expected = intent.last + 1;
        let mut lost_offsets = 0;
        for lost in &block.lost {
            match lost.lane {
                None => {
                    gone.offsets.push((lost.first, lost.first + lost.count));
                    lost_offsets += lost.count;
                    tally.lost_rows_of_offsets += 1;
                }
                Some(lane) => {
                    let seqs = gone.seqs.entry(lane).or_default();
                    seqs.push((lost.first, lost.first + lost.count));
                    tally.lost_rows_of_lanes += 1;
                }
            }
        }
        if row.records + row.skipped + row.poison + lost_offsets != expected - intent.first {
            return Err(format!("a ledger row does not account for its offsets: {block:?}"));
        }
        for (lane, seq) in &block.lasts {
            let before = gone.lasts.insert(*lane, *seq).unwrap_or(0);
            if before >= *seq {
                return Err(format!("the last row of a lane goes from {before} to {seq}"));
            }
        }
        tally.skipped += row.skipped;
        tally.poison += row.poison;
    }
    match expected == sim.log.held(partition).1 {
        true => Ok(gone),
        false => Err(format!("the ledger of partition {partition} ends at {expected}")),
    }
}

/// All clicks of a record are counted, or none is and the ledger says why.
fn record(
    sim: &Sim,
    written: &Written,
    gone: &Gone,
    totals: &BTreeMap<u32, u32>,
    tally: &mut Tally,
) -> Result<(), String> {
    let clicks = written.clicks.len() as u64;
    let counted = written
        .clicks
        .clone()
        .filter(|number| totals.contains_key(number))
        .count() as u64;
    if counted == clicks {
        tally.counted += clicks;
        return Ok(());
    }
    if counted > 0 {
        return Err(format!("a record is counted in part: {:?}", written.header));
    }
    tally.lost += clicks;
    let header = written.header;
    let last = gone.lasts.get(&header.lane).copied().unwrap_or(0);
    let copies = || sim.ingest.shipped().iter().filter(|copy| copy.header == header);
    if header.seq <= last {
        let mut ranges = gone.seqs.get(&header.lane).into_iter().flatten();
        let lost_row = ranges.any(|(from, to)| (*from..*to).contains(&header.seq));
        let poison = copies().any(|copy| copy.damage == Damage::Body);
        return match lost_row || poison {
            true => Ok(()),
            false => Err(format!("a record is not counted and not accounted for: {header:?}")),
        };
    }
    // Nothing of its lane at or above it was counted. That is so only where the lane ended behind records that are
    // gone: no record with a higher floor came after them.
    let trouble = lanes_in_trouble(sim, header.partition, gone);
    if !trouble.contains(&header.lane) || header.lane == sim.ingest.lane() {
        return Err(format!("a record was left behind: {header:?}, its lane ends at {last}"));
    }
    tally.stranded += clicks;
    Ok(())
}

/// Lanes of which records are gone: by retention, by damage to headers, or given up by the ingest.
fn lanes_in_trouble(sim: &Sim, partition: u16, gone: &Gone) -> BTreeSet<Lane> {
    let is_gone = |offset: Offset| gone.offsets.iter().any(|(from, to)| (*from..*to).contains(&offset));
    let copies = sim.ingest.shipped().iter();
    copies
        .filter(|copy| copy.header.partition == partition)
        .filter(|copy| copy.damage == Damage::Header || is_gone(copy.offset))
        .map(|copy| copy.header.lane)
        .chain(sim.given_up.iter().map(|header| header.lane))
        .collect()
}

/// The schedule's last record raised the floor of its lane, so its lane must end there.
fn last_row_of_current_lane(sim: &Sim, partition: u16, gone: &Gone) -> Result<(), String> {
    let lane = sim.ingest.lane();
    let of_lane = |written: &&Written| written.header.lane == lane && written.header.partition == partition;
    let highest = sim
        .written
        .iter()
        .filter(of_lane)
        .map(|written| written.header.seq)
        .max();
    match gone.lasts.get(&lane).copied() == highest {
        true => Ok(()),
        false => Err(format!(
            "the current lane of partition {partition} does not end at {highest:?}"
        )),
    }
}
