//! The log against a model in memory, through random histories with restarts, kills and passing hours.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use isotherm_core::Day;
use isotherm_core::ports::EventLog;
use isotherm_core::record::{Intent, Lane, Lanes, Turn};
use isotherm_log::{DiskLog, DiskLogReader, LOG_HOURS_MAX};
use proptest::prelude::*;

use crate::support::{DrivenClock, copy_dir, open, read_all, unframe};

const PARTITIONS: u16 = 2;

#[derive(Clone, Debug)]
enum Step {
    Append(Vec<(u16, u16)>),
    Release(u16, u8),
    Intend(u16),
    PassHours(u8),
    Expire,
    Reopen,
    Kill,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => prop::collection::vec((0..PARTITIONS, 0_u16..3000), 1..12).prop_map(Step::Append),
        4 => (0..PARTITIONS, any::<u8>()).prop_map(|(partition, share)| Step::Release(partition, share)),
        1 => (0..PARTITIONS).prop_map(Step::Intend),
        2 => (1_u8..40).prop_map(Step::PassHours),
        2 => Just(Step::Expire),
        1 => Just(Step::Reopen),
        1 => Just(Step::Kill),
    ]
}

/// A record as the model remembers it.
#[derive(Clone, Debug)]
struct Kept {
    offset: u64,
    hour: u64,
    body: Vec<u8>,
}

#[derive(Default)]
struct ModelPartition {
    /// Neither released nor expired.
    kept: VecDeque<Kept>,
    next: u64,
    intent: Option<Intent>,
}

struct World {
    root: tempfile::TempDir,
    dir: PathBuf,
    kills: u32,
    clock: Arc<DrivenClock>,
    hour: u64,
    log: Option<(DiskLog, DiskLogReader)>,
    model: Vec<ModelPartition>,
    /// After a kill the log may remember fewer releases than the model.
    releases_may_lag: bool,
    appended: u64,
}

impl World {
    fn new() -> World {
        let root = tempfile::tempdir().expect("a directory");
        let mut world = World {
            dir: root.path().join("log"),
            root,
            kills: 0,
            clock: DrivenClock::new(),
            hour: 0,
            log: None,
            model: (0..PARTITIONS).map(|_| ModelPartition::default()).collect(),
            releases_may_lag: false,
            appended: 0,
        };
        world.open();
        world
    }

    fn open(&mut self) {
        let log = open(&self.dir, &self.clock);
        let reader = log.reader();
        self.log = Some((log, reader));
        // Opening expires.
        self.expire_model();
    }

    fn parts(&mut self) -> &mut (DiskLog, DiskLogReader) {
        self.log.as_mut().expect("the log is open")
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Append(sizes) => self.append(&sizes),
            Step::Release(partition, share) => self.release(partition, share),
            Step::Intend(partition) => self.intend(partition),
            Step::PassHours(hours) => {
                self.clock.pass_hours(u64::from(hours));
                self.hour += u64::from(hours);
            }
            Step::Expire => {
                let lost = self.expire_model();
                let lag = self.releases_may_lag;
                let expired = self.parts().0.expire().expect("upkeep");
                assert!(
                    expired.records == lost || (lag && expired.records > lost),
                    "{expired:?}, not {lost}"
                );
            }
            Step::Reopen => {
                self.log = None;
                self.open();
            }
            Step::Kill => self.kill(),
        }
        self.compare();
    }

    fn append(&mut self, sizes: &[(u16, u16)]) {
        let mut group = Vec::new();
        for (partition, size) in sizes {
            self.appended += 1;
            let mut body = self.appended.to_le_bytes().to_vec();
            body.resize(8 + usize::from(*size), *size as u8);
            group.push((*partition, body));
        }
        self.parts().0.append(&group).expect("appended");
        for (partition, body) in group {
            let model = &mut self.model[usize::from(partition)];
            model.kept.push_back(Kept {
                offset: model.next,
                hour: self.hour,
                body,
            });
            model.next += 1;
        }
    }

    fn release(&mut self, partition: u16, share: u8) {
        let model = &mut self.model[usize::from(partition)];
        let count = model.kept.len() * (usize::from(share) + 1) / 256;
        let Some(last) = model.kept.drain(..count).next_back() else {
            return;
        };
        self.parts().1.release(partition, last.offset).expect("released");
    }

    fn intend(&mut self, partition: u16) {
        let Some(last) = self.model[usize::from(partition)].next.checked_sub(1) else {
            return;
        };
        let intent = Intent {
            log_id: self.parts().1.log_id(),
            first: 0,
            last,
            landing: Day(20_000),
            attempt: 0,
        };
        self.parts().1.commit(partition, &intent).expect("committed");
        self.model[usize::from(partition)].intent = Some(intent);
    }

    fn kill(&mut self) {
        self.kills += 1;
        let copy = self.root.path().join(format!("killed-{}", self.kills));
        copy_dir(&self.dir, &copy);
        self.log = None;
        self.dir = copy;
        self.releases_may_lag = true;
        self.open();
    }

    fn expire_model(&mut self) -> u64 {
        let hour = self.hour;
        let old = |kept: &Kept| hour > kept.hour + u64::from(LOG_HOURS_MAX);
        let mut lost = 0;
        for model in &mut self.model {
            while model.kept.front().is_some_and(old) {
                model.kept.pop_front();
                lost += 1;
            }
        }
        lost
    }

    /// Everything that the model keeps is there, once, in order, under names that a fold takes without a gap.
    fn compare(&mut self) {
        let (_, reader) = self.log.as_mut().expect("the log is open");
        for (partition, model) in self.model.iter().enumerate() {
            let partition = partition as u16;
            let (low, next) = reader.bounds(partition).expect("bounds");
            assert_eq!(next, model.next);
            let first = model.kept.front().map_or(next, |kept| kept.offset);
            assert!(low <= first, "{low} is above {first}");
            let entries = read_all(reader, partition, first);
            let found = entries.iter().map(|entry| (entry.offset, unframe(&entry.bytes).1));
            assert!(found.eq(model.kept.iter().map(|kept| (kept.offset, kept.body.as_slice()))));
            assert_eq!(reader.intent(partition).expect("read"), model.intent);
            check_names(partition, &read_all(reader, partition, low));
        }
    }
}

fn check_names(partition: u16, entries: &[isotherm_core::ports::Entry]) {
    let mut lanes = Lanes::default();
    let mut before = Lane(0);
    for entry in entries {
        let header = unframe(&entry.bytes).0;
        assert_eq!(header.partition, partition);
        assert!(header.floor <= header.seq && header.floor >= 1);
        assert!(
            header.lane == before || header.seq == 1,
            "a lane begins at 1 or its file is gone whole"
        );
        before = header.lane;
        assert_eq!(lanes.turn(&header), Turn::Take);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_log_behaves_like_a_queue_in_memory(steps in prop::collection::vec(step(), 1..40)) {
        let mut world = World::new();
        for step in steps {
            world.take(step);
        }
    }
}
