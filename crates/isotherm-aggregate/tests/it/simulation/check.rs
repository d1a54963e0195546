//! What must hold at the end of every schedule: every click is counted once, or its record stands in a `lost` or `poison`
//! row that is true, or was given up by the ingest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use isotherm_core::place::Layer;
use isotherm_core::ports::{Block, LostRow, PoisonReason};
use isotherm_core::record::{Lane, Offset};
use isotherm_core::row::Kind;
use isotherm_testkit::memory::{Damage, Shipped};

use super::world::{PARTITIONS, Sim, Written, named};
use crate::records::number_of;

/// What is wrong with what a schedule left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Wrong {
    /// Something is counted more than once.
    Doubled(String),
    /// Something is neither counted nor accounted for.
    Lost(String),
    /// The ledger says what is not so.
    Ledger(String),
    /// It does not come to an end.
    Stuck(String),
}

impl fmt::Display for Wrong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Wrong::Doubled(text) | Wrong::Lost(text) | Wrong::Ledger(text) | Wrong::Stuck(text)) = self;
        f.write_str(text)
    }
}

/// What happened in schedules, summed.
#[derive(Clone, Default, Debug)]
pub(crate) struct Tally {
    pub(crate) counted: u64,
    pub(crate) declared_lost: u64,
    pub(crate) landed: u64,
    pub(crate) skipped: u64,
    pub(crate) poison: u64,
    pub(crate) lost_rows_of_lanes: u64,
    pub(crate) lost_rows_of_offsets: u64,
    pub(crate) attempts: u64,
    pub(crate) seals: u64,
    pub(crate) restores: u64,
    pub(crate) adopted: u64,
    pub(crate) arrived_late: u64,
    pub(crate) fenced: u64,
    pub(crate) overwritten: u64,
    pub(crate) expired_said: u64,
}

impl Tally {
    /// The numbers with their names, for sums and reports.
    pub(crate) fn entries(&mut self) -> [(&'static str, &mut u64); 15] {
        [
            ("clicks_counted", &mut self.counted),
            ("clicks_declared_lost", &mut self.declared_lost),
            ("batches_landed", &mut self.landed),
            ("repeats_skipped", &mut self.skipped),
            ("poison_records", &mut self.poison),
            ("lost_rows_of_lanes", &mut self.lost_rows_of_lanes),
            ("lost_rows_of_offsets", &mut self.lost_rows_of_offsets),
            ("attempts_above_0", &mut self.attempts),
            ("landings_sealed", &mut self.seals),
            ("backups_restored", &mut self.restores),
            ("partitions_adopted", &mut self.adopted),
            ("late_inserts", &mut self.arrived_late),
            ("refused_commits", &mut self.fenced),
            ("overwritten_intents", &mut self.overwritten),
            ("expired_records_called_lost", &mut self.expired_said),
        ]
    }

    pub(crate) fn add(&mut self, other: &Tally) {
        let mut other = other.clone();
        for ((_, sum), (_, more)) in self.entries().into_iter().zip(other.entries()) {
            *sum += *more;
        }
    }
}

/// What the blocks of one partition say about what is gone.
#[derive(Default)]
struct Gone {
    offsets: Vec<(Offset, Offset)>,
    seqs: BTreeSet<(Lane, u64)>,
    poison: BTreeMap<Offset, PoisonReason>,
}

impl Gone {
    fn holds_offset(&self, offset: Offset) -> bool {
        self.offsets.iter().any(|(from, to)| (*from..*to).contains(&offset))
    }
}

/// Every copy of each record, in the order of offsets.
type Copies<'s> = BTreeMap<(Lane, u16, u64), Vec<&'s Shipped>>;

pub(crate) fn check(sim: &mut Sim) -> Result<(), Wrong> {
    let blocks = sim.counts.blocks();
    let totals = totals(&blocks)?;
    let mut tally = sim.tally.clone();
    (tally.counted, tally.declared_lost, tally.skipped, tally.poison) = (0, 0, 0, 0);
    (tally.lost_rows_of_lanes, tally.lost_rows_of_offsets, tally.expired_said) = (0, 0, 0);
    let mut copies = Copies::new();
    for copy in sim.ingest.shipped() {
        copies.entry(named(&copy.header)).or_default().push(copy);
    }
    for partition in 0..PARTITIONS {
        let of_partition = blocks.iter().filter(|block| block.ledger.partition == partition);
        let gone = ledger(sim, partition, of_partition, &mut tally)?;
        poison_is_true(&gone, partition, &copies)?;
        let written = sim.written.iter().filter(|w| w.header.partition == partition);
        let mut unnamed = gone.seqs.clone();
        for written in written {
            let counted = is_counted(written, &totals)?;
            let is_lost = unnamed.remove(&(written.header.lane, written.header.seq));
            let clicks = written.clicks.len() as u64;
            if counted {
                tally.counted += clicks;
            } else {
                tally.declared_lost += clicks;
                tally.expired_said += u64::from(is_lost && sim.expired.contains(&named(&written.header)));
                accounted_for(sim, written, (&gone, is_lost), &copies)?;
            }
            if counted && is_lost {
                return Err(Wrong::Ledger(format!("counted and called lost: {:?}", written.header)));
            }
        }
        // A farewell is no click; whoever gave up its lane again, as a copied disk may, calls it lost like a record.
        unnamed.retain(|(lane, seq)| !sim.ingest.is_farewell(*lane, partition, *seq));
        if let Some(name) = unnamed.first() {
            return Err(Wrong::Ledger(format!("never written and called lost: {name:?}")));
        }
    }
    if totals.len() as u64 != tally.counted {
        return Err(Wrong::Ledger(format!(
            "{} clicks have totals, not {}",
            totals.len(),
            tally.counted
        )));
    }
    sim.tally = tally;
    Ok(())
}

/// The total of every click, and the marginals that must agree with them.
fn totals(blocks: &[Block]) -> Result<BTreeMap<u32, u32>, Wrong> {
    let mut totals: BTreeMap<u32, u32> = BTreeMap::new();
    let (mut on_elements, mut views) = (0, 0);
    for row in blocks.iter().flat_map(|block| &block.folded.rows) {
        match row.key.kind {
            Kind::Grid => {
                let number = number_of(row.key.x, row.key.y);
                *totals.entry(number).or_default() += row.counts.n;
                if row.counts.views_64 != row.counts.n {
                    return Err(Wrong::Ledger(format!(
                        "click {number} has other page views than clicks"
                    )));
                }
            }
            Kind::Eighth => on_elements += row.counts.n,
            Kind::Page if row.key.layer == Layer::View => views += row.counts.views,
            _ => {}
        }
    }
    if let Some((number, total)) = totals.iter().find(|(_, total)| **total != 1) {
        return Err(Wrong::Doubled(format!("click {number} is counted {total} times")));
    }
    let clicks = totals.len() as u32;
    match clicks == on_elements && clicks == views {
        true => Ok(totals),
        false => Err(Wrong::Ledger(format!(
            "{clicks} clicks, {on_elements} on elements, {views} page views"
        ))),
    }
}

/// Ranges tile from 0 without gap and overlap, every offset is accounted for, and `last` rows only ever rise.
fn ledger<'b>(
    sim: &Sim,
    partition: u16,
    blocks: impl Iterator<Item = &'b Block>,
    tally: &mut Tally,
) -> Result<Gone, Wrong> {
    let (mut gone, mut lasts) = (Gone::default(), BTreeMap::new());
    let mut expected = 0;
    for block in blocks {
        let (row, intent) = (&block.ledger, &block.ledger.intent);
        if intent.first != expected || intent.last < intent.first {
            let found = (intent.first, intent.last);
            return Err(Wrong::Ledger(format!(
                "the ledger of partition {partition} goes on at {found:?}, not at {expected}"
            )));
        }
        expected = intent.last + 1;
        let mut lost_offsets = 0;
        for lost in &block.lost {
            match lost.lane {
                None => {
                    lost_offsets += lose_offsets(sim, partition, lost, &mut gone)?;
                    tally.lost_rows_of_offsets += 1;
                }
                Some(lane) => {
                    lose_seqs(lane, lost, &mut gone)?;
                    tally.lost_rows_of_lanes += 1;
                }
            }
        }
        for poison in &block.poison {
            let is_new = gone.poison.insert(poison.offset, poison.reason).is_none();
            if !is_new || !(intent.first..=intent.last).contains(&poison.offset) {
                return Err(Wrong::Ledger(format!("a poison row is one too many: {poison:?}")));
            }
        }
        let offsets = row.records + row.skipped + row.poison + lost_offsets;
        if offsets != expected - intent.first || row.poison != block.poison.len() as u64 {
            return Err(Wrong::Ledger(format!(
                "a ledger row does not account for its offsets: {row:?}"
            )));
        }
        for (lane, seq) in &block.lasts {
            let before = lasts.insert(*lane, *seq).unwrap_or(0);
            if before >= *seq {
                return Err(Wrong::Ledger(format!(
                    "the last row of a lane goes from {before} to {seq}"
                )));
            }
        }
        tally.skipped += row.skipped;
        tally.poison += row.poison;
    }
    match expected == sim.log.held(partition).1 {
        true => Ok(gone),
        false => Err(Wrong::Ledger(format!(
            "the ledger of partition {partition} ends at {expected}"
        ))),
    }
}

/// Only what retention cut off is a lost offset.
fn lose_offsets(sim: &Sim, partition: u16, lost: &LostRow, gone: &mut Gone) -> Result<u64, Wrong> {
    let end = lost.first + lost.count;
    if end > sim.cut.get(&partition).copied().unwrap_or(0) {
        return Err(Wrong::Lost(format!(
            "offsets {} to {end} are called lost and retention took none of them",
            lost.first
        )));
    }
    gone.offsets.push((lost.first, end));
    Ok(lost.count)
}

fn lose_seqs(lane: Lane, lost: &LostRow, gone: &mut Gone) -> Result<(), Wrong> {
    for seq in lost.first..lost.first + lost.count {
        if !gone.seqs.insert((lane, seq)) {
            return Err(Wrong::Ledger(format!("seq {seq} of a lane is called lost twice")));
        }
    }
    Ok(())
}

/// Every poison row names a copy that was damaged just so.
fn poison_is_true(gone: &Gone, partition: u16, copies: &Copies<'_>) -> Result<(), Wrong> {
    let all = copies
        .values()
        .flatten()
        .filter(|copy| copy.header.partition == partition);
    let damage: BTreeMap<Offset, Damage> = all.map(|copy| (copy.offset, copy.damage)).collect();
    for (offset, reason) in &gone.poison {
        let expected = match reason {
            PoisonReason::Header => Damage::Header,
            _ => Damage::Body,
        };
        if damage.get(offset) != Some(&expected) {
            return Err(Wrong::Ledger(format!("the record at {offset} is no poison")));
        }
    }
    Ok(())
}

/// All clicks of a record are counted, or none is.
fn is_counted(written: &Written, totals: &BTreeMap<u32, u32>) -> Result<bool, Wrong> {
    let mut clicks = written.clicks.clone();
    let counted = clicks.clone().filter(|number| totals.contains_key(number)).count();
    match counted {
        0 => Ok(false),
        _ if counted == clicks.len() => Ok(true),
        _ => Err(Wrong::Lost(format!(
            "a record is counted in part: {:?}, first click {:?}",
            written.header,
            clicks.next()
        ))),
    }
}

/// A record that is not counted: the ledger says why, and it is true.
fn accounted_for(
    sim: &Sim,
    written: &Written,
    (gone, is_lost): (&Gone, bool),
    copies: &Copies<'_>,
) -> Result<(), Wrong> {
    let name = named(&written.header);
    if sim.given_up.contains(&name) {
        return Ok(());
    }
    let lost = |why: &str| Err(Wrong::Lost(format!("{why}: {:?}", written.header)));
    // A copy that was still on its way when its lane ended comes behind the farewell: it stays lost.
    let is_expired = sim.expired.contains(&name);
    if is_expired && (is_lost || !copies.contains_key(&name)) {
        return match is_lost || farewell_is_unreadable(sim, name, gone, copies) {
            true => Ok(()),
            false => lost("a record grew too old and nothing in the ledger says so"),
        };
    }
    let Some((first, later)) = copies.get(&name).and_then(|copies| copies.split_first()) else {
        return lost("a record never reached the log");
    };
    let poison = gone.poison.get(&first.offset);
    match first.damage {
        _ if gone.holds_offset(first.offset) => {}
        // First copies come in order, so nothing can have been before this one that hides it.
        Damage::None => return lost("the first copy of a record stands in the log and is not counted"),
        Damage::Body if poison == Some(&PoisonReason::Body) => return Ok(()),
        Damage::Header if poison == Some(&PoisonReason::Header) => {}
        Damage::Body | Damage::Header => return lost("a damaged record has no poison row"),
    }
    // A damaged body with a good header moves the lane on; what comes behind it is a repeat.
    let named_poison = |copy: &&Shipped| gone.poison.get(&copy.offset) == Some(&PoisonReason::Body);
    let unreadable = |copy: &&Shipped| gone.poison.contains_key(&copy.offset) || gone.holds_offset(copy.offset);
    match is_lost || later.iter().any(named_poison) || later.iter().all(unreadable) {
        true => Ok(()),
        false => lost("a later copy of a record stands in the log, neither counted nor called lost"),
    }
}

/// Whether what says that a lane's records were given up reached the log and cannot be read there: a loss of the log's own,
/// which has a row of its own.
fn farewell_is_unreadable(sim: &Sim, (lane, partition, _): (Lane, u16, u64), gone: &Gone, copies: &Copies<'_>) -> bool {
    let Some(seq) = sim.ingest.farewell_of(lane, partition) else {
        return false;
    };
    let unreadable = |copy: &&Shipped| gone.poison.contains_key(&copy.offset) || gone.holds_offset(copy.offset);
    let said = copies.get(&(lane, partition, seq));
    said.is_some_and(|said| said.iter().all(unreadable))
}
