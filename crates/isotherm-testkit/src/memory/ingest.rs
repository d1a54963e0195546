//! The writing side of a log in memory: records are packed with lanes, seqs and floors, held until they are acknowledged,
//! and shipped in order, with everything that can go wrong on the way.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use isotherm_core::admit::Interaction;
use isotherm_core::day::Hour;
use isotherm_core::record::{Lane, Offset, RecordHeader};
use isotherm_wire::record::{HEADER_BYTES, frame, pack};

use super::dice::Dice;
use super::log::MemoryLog;

/// What happens to a copy of a record on its way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Damage {
    /// Nothing.
    None,
    /// Its header arrives, its body does not check.
    Body,
    /// Not even its name can be read.
    Header,
}

/// A copy of a record as it reached the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Shipped {
    /// Where.
    pub offset: Offset,
    /// What.
    pub header: RecordHeader,
    /// How.
    pub damage: Damage,
}

/// One ingest: a lane at a time, and for every partition what it holds unacknowledged.
#[derive(Debug)]
pub struct MemoryIngest {
    lane: Lane,
    partitions: BTreeMap<u16, Side>,
    shipped: Vec<Shipped>,
    /// The names of all farewells.
    farewells: BTreeSet<(Lane, u16, u64)>,
}

#[derive(Default, Debug)]
struct Side {
    next_seq: u64,
    /// Unacknowledged records in order, of the current lane and of older ones.
    held: VecDeque<Record>,
    /// How many of `held` are on their way.
    sent: usize,
    /// Everything ever acknowledged: what a copy of the disk may ship again.
    archive: Vec<Record>,
    /// What producers that were given up still have on its way. Each lands its records in order or not at all.
    strays: Vec<VecDeque<Record>>,
}

#[derive(Clone, Debug)]
struct Record {
    header: RecordHeader,
    bytes: Vec<u8>,
}

impl MemoryIngest {
    /// An ingest that begins with `lane`.
    pub fn new(lane: Lane) -> MemoryIngest {
        MemoryIngest {
            lane,
            partitions: BTreeMap::new(),
            shipped: Vec::new(),
            farewells: BTreeSet::new(),
        }
    }

    /// Packs interactions into a record and holds it; says its name.
    pub fn write(&mut self, partition: u16, hour: Hour, interactions: &[Interaction]) -> RecordHeader {
        let lane = self.lane;
        let side = self.partitions.entry(partition).or_default();
        side.next_seq += 1;
        let held = side.held.iter().find(|record| record.header.lane == lane);
        let header = RecordHeader {
            lane,
            partition,
            seq: side.next_seq,
            floor: held.map_or(side.next_seq, |record| record.header.seq),
        };
        let bytes = frame(&header, &pack(hour, interactions));
        side.held.push_back(Record { header, bytes });
        header
    }

    /// Sends at most `count` held records in order. Before each the producer may fail, in per mille: then everything is
    /// sent again from the floor, and what the failed one still had on its way may arrive at any time, in order. Says
    /// whether it failed.
    pub fn ship(&mut self, log: &MemoryLog, partition: u16, count: usize, failing: u32, dice: &mut Dice) -> bool {
        let side = self.partitions.entry(partition).or_default();
        for shipped in 0..count {
            let Some(record) = side.held.get(side.sent) else { break };
            if dice.chance(failing) {
                let on_its_way = (count - shipped).min(side.held.len() - side.sent);
                let strays = side.held.iter().skip(side.sent).take(dice.index(on_its_way + 1));
                side.strays.push(strays.cloned().collect());
                side.sent = 0;
                return true;
            }
            side.sent += 1;
            self.shipped.push(deliver(log, record, Damage::None));
        }
        false
    }

    /// The next record of a producer that was given up arrives after all.
    pub fn let_a_stray_arrive(&mut self, log: &MemoryLog, partition: u16, dice: &mut Dice) {
        let side = self.partitions.entry(partition).or_default();
        side.strays.retain(|run| !run.is_empty());
        let at = dice.index(side.strays.len());
        if let Some(record) = side.strays.get_mut(at).and_then(VecDeque::pop_front) {
            self.shipped.push(deliver(log, &record, Damage::None));
        }
    }

    /// Leaves the next held record out, as no shipper may, and sends the one behind it; everything is sent again later.
    pub fn leave_one_out(&mut self, log: &MemoryLog, partition: u16) {
        let side = self.partitions.entry(partition).or_default();
        if let Some(record) = side.held.get(side.sent + 1) {
            self.shipped.push(deliver(log, record, Damage::None));
            side.sent = 0;
        }
    }

    /// Acknowledges what was never sent, as no log may.
    pub fn acknowledge_unsent(&mut self, partition: u16) {
        let side = self.partitions.entry(partition).or_default();
        side.sent = side.held.len();
        self.acknowledge(partition);
    }

    /// Sends the next held record damaged; says whether there was one.
    pub fn ship_damaged(&mut self, log: &MemoryLog, partition: u16, damage: Damage) -> bool {
        let side = self.partitions.entry(partition).or_default();
        let Some(record) = side.held.get(side.sent) else {
            return false;
        };
        side.sent += 1;
        self.shipped.push(deliver(log, record, damage));
        true
    }

    /// The log acknowledges all that is on its way.
    pub fn acknowledge(&mut self, partition: u16) {
        let side = self.partitions.entry(partition).or_default();
        side.archive.extend(side.held.drain(..side.sent));
        side.sent = 0;
    }

    /// The acknowledgements are lost: everything held is sent again.
    pub fn send_again(&mut self, partition: u16) {
        self.partitions.entry(partition).or_default().sent = 0;
    }

    /// A copy of the disk ships some old records again.
    pub fn replay(&mut self, log: &MemoryLog, partition: u16, dice: &mut Dice) {
        let side = self.partitions.entry(partition).or_default();
        let from = dice.index(side.archive.len());
        let count = 1 + dice.index(8);
        for record in side.archive.iter().skip(from).take(count) {
            self.shipped.push(deliver(log, record, Damage::None));
        }
    }

    /// What was not shipped is given up, and only what the lane ships next can tell; farewells are still owed. Says the
    /// names.
    pub fn give_up(&mut self, partition: u16) -> Vec<RecordHeader> {
        let side = self.partitions.entry(partition).or_default();
        let unsent: Vec<Record> = side.held.drain(..).skip(side.sent).collect();
        let is_farewell = |record: &Record| self.farewells.contains(&named(&record.header));
        let (owed, gone): (Vec<Record>, Vec<Record>) = unsent.into_iter().partition(is_farewell);
        side.held.extend(owed);
        side.sent = 0;
        gone.into_iter().map(|record| record.header).collect()
    }

    /// The files behind the lane grow too old: what is unshipped of a partition is given up, and for each lane of which
    /// something is gone a farewell is held to be shipped. The lane never goes on; the next one is `fresh`. Says the
    /// names of what is given up.
    pub fn expire(&mut self, partition: u16, fresh: Lane, hour: Hour) -> Vec<RecordHeader> {
        let given_up = self.give_up(partition);
        self.reopen(fresh);
        let mut ends: BTreeMap<Lane, u64> = BTreeMap::new();
        for header in &given_up {
            let end = ends.entry(header.lane).or_default();
            *end = (*end).max(header.seq + 1);
        }
        for (lane, seq) in ends {
            let header = RecordHeader {
                lane,
                partition,
                seq,
                floor: seq,
            };
            self.farewells.insert(named(&header));
            let bytes = frame(&header, &pack(hour, &[]));
            let side = self.partitions.entry(partition).or_default();
            side.held.push_back(Record { header, bytes });
        }
        given_up
    }

    /// Forgets the farewells that are held, as no shipper may.
    pub fn leave_farewells_out(&mut self, partition: u16) {
        let side = self.partitions.entry(partition).or_default();
        side.held
            .retain(|record| !self.farewells.contains(&named(&record.header)));
        side.sent = side.sent.min(side.held.len());
    }

    /// Whether a record of this name is a farewell.
    pub fn is_farewell(&self, lane: Lane, partition: u16, seq: u64) -> bool {
        self.farewells.contains(&(lane, partition, seq))
    }

    /// The farewell of a lane in a partition, if one was made.
    pub fn farewell_of(&self, lane: Lane, partition: u16) -> Option<u64> {
        let of_lane = (lane, partition, 0)..=(lane, partition, u64::MAX);
        self.farewells.range(of_lane).next().map(|(_, _, seq)| *seq)
    }

    /// A new opening: another lane, whose seqs begin at 1. What is held is shipped all the same.
    pub fn reopen(&mut self, lane: Lane) {
        self.lane = lane;
        for side in self.partitions.values_mut() {
            side.next_seq = 0;
        }
    }

    /// The current lane.
    pub fn lane(&self) -> Lane {
        self.lane
    }

    /// How many records are held and not on their way.
    pub fn unsent(&self, partition: u16) -> usize {
        self.partitions
            .get(&partition)
            .map_or(0, |side| side.held.len() - side.sent)
    }

    /// Every copy that reached the log.
    pub fn shipped(&self) -> &[Shipped] {
        &self.shipped
    }
}

fn named(header: &RecordHeader) -> (Lane, u16, u64) {
    (header.lane, header.partition, header.seq)
}

fn deliver(log: &MemoryLog, record: &Record, damage: Damage) -> Shipped {
    let mut bytes = record.bytes.clone();
    match damage {
        Damage::None => {}
        // Every body has at least its hour.
        Damage::Body => bytes[HEADER_BYTES] ^= 0x40,
        Damage::Header => bytes[HEADER_BYTES / 2] ^= 0x40,
    }
    Shipped {
        offset: log.append(record.header.partition, bytes),
        header: record.header,
        damage,
    }
}
