//! Folding alone, on one thread: packed records as the log holds them become sorted rows, and these the bytes of an insert.

use std::time::Instant;

use isotherm_aggregate::batch::{BatchHead, build};
use isotherm_core::admit::Sites;
use isotherm_core::day::{Day, Hour};
use isotherm_core::ids::IdKey;
use isotherm_core::ports::Entry;
use isotherm_core::record::{Intent, Lane, Lanes, LogId, RecordHeader};
use isotherm_wire::record::{Frame, frame, pack};

use crate::numbers::Runs;
use crate::process::cpu_s;
use crate::serving::PARTITIONS;
use crate::visitors::{self, Visitors};

/// Interactions in a record: a commit of 256 beacons, spread over four partitions.
pub(crate) const RECORD_INTERACTIONS: usize = 64;
/// Bytes of records in a batch: the aggregator's bound.
pub(crate) const BATCH_BYTES: usize = 2 << 20;
/// Runs.
pub(crate) const RUNS: usize = 9;
/// An hour of some day.
const HOUR: Hour = Hour(490_000);
/// The key of ids.
const KEY: IdKey = IdKey::new([7; 16]);

/// What was found.
pub(crate) struct Folding {
    /// Million places per CPU-second: decode, fold, sort.
    pub(crate) fold_m: Runs,
    /// Million places per CPU-second: decode alone.
    pub(crate) decode_m: Runs,
    /// Places of the batch.
    pub(crate) places: u64,
    /// Interactions of the batch.
    pub(crate) interactions: u64,
    /// Records of the batch.
    pub(crate) records: usize,
    /// Rows that came of it.
    pub(crate) rows: usize,
}

/// Measures batches of the aggregator's largest size.
pub(crate) fn measure() -> anyhow::Result<Folding> {
    let (entries, interactions, places) = entries()?;
    let lanes = Lanes::default();
    let intent = Intent {
        log_id: LogId(1),
        first: 0,
        last: entries.len() as u64 - 1,
        landing: Day(20_416),
        attempt: 0,
    };
    let head = BatchHead {
        intent,
        partition: 0,
        opening: 1,
    };
    let (mut folds, mut decodes, mut rows) = (Vec::new(), Vec::new(), 0);
    for _ in 0..RUNS {
        let cpu = timed(|| {
            let batch = build(head, &entries, &lanes, &KEY);
            rows = batch.block.folded.rows.len();
            anyhow::ensure!(
                batch.block.ledger.interactions == interactions,
                "the fold lost interactions"
            );
            Ok(())
        })?;
        folds.push(places as f64 / cpu / 1e6);
        decodes.push(places as f64 / timed(|| decode(&entries, places))? / 1e6);
    }
    Ok(Folding {
        fold_m: Runs::new(folds),
        decode_m: Runs::new(decodes),
        places,
        interactions,
        records: entries.len(),
        rows,
    })
}

/// Records until a batch is full, with their interactions and places.
fn entries() -> anyhow::Result<(Vec<Entry>, u64, u64)> {
    let sites: Sites = visitors::sites()?
        .into_iter()
        .map(|site| (site.key.clone(), site))
        .collect();
    let mut visitors = Visitors::new(5);
    let (mut entries, mut bytes, mut places) = (Vec::new(), 0, 0);
    while bytes < BATCH_BYTES {
        let mut interactions = Vec::with_capacity(RECORD_INTERACTIONS);
        while interactions.len() < RECORD_INTERACTIONS {
            let interaction = visitors.interaction(&sites)?;
            // As collecting does: a partition holds a part of the pages.
            if KEY.page(&interaction.site, &interaction.page).partition(PARTITIONS) == 0 {
                interactions.push(interaction);
            }
        }
        places += interactions.iter().map(|i| i.places.len() as u64).sum::<u64>();
        let header = RecordHeader {
            lane: Lane(9),
            partition: 0,
            seq: entries.len() as u64 + 1,
            floor: 1,
        };
        let record = frame(&header, &pack(HOUR, &interactions));
        bytes += record.len();
        entries.push(Entry {
            offset: entries.len() as u64,
            bytes: record,
        });
    }
    let interactions = (entries.len() * RECORD_INTERACTIONS) as u64;
    Ok((entries, interactions, places))
}

fn decode(entries: &[Entry], places: u64) -> anyhow::Result<()> {
    let mut decoded = 0;
    for entry in entries {
        let record = Frame::parse(&entry.bytes)?.unpack()?;
        decoded += record
            .interactions()
            .map(|(_, places)| places.count() as u64)
            .sum::<u64>();
    }
    anyhow::ensure!(decoded == places, "decoding lost places");
    Ok(())
}

/// CPU-seconds of one call, out of as many as take a quarter of a second: the kernel counts in steps of 10 ms.
fn timed(mut call: impl FnMut() -> anyhow::Result<()>) -> anyhow::Result<f64> {
    let me = std::process::id();
    let (before, started, mut calls) = (cpu_s(me)?, Instant::now(), 0);
    while started.elapsed().as_millis() < 250 {
        call()?;
        calls += 1;
    }
    Ok((cpu_s(me)? - before) / f64::from(calls))
}
