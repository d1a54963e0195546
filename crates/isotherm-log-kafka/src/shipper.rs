//! Ships a local log to the topic: each partition in order, each record as it stands, until Kafka has it.
//!
//! Nothing is released before Kafka acknowledged it and all before it. After any error everything unacknowledged is
//! sent again by a new producer: a record's name says what is a repeat, so that repeating is free and order is not.
//! What one producer lands is a run without a gap that begins at or before the first record that was not acknowledged;
//! whatever runs of several producers mix in the topic, the first copies of a lane's records stand there in order.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use isotherm_core::Hour;
use isotherm_core::ports::{Clock, Entry, EventLog, LogError};
use isotherm_core::record::{Offset, RecordHeader};
use isotherm_fault::{Point, point};
use thiserror::Error;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use crate::settings::KafkaSettings;
use crate::shipped::{PartitionLabel, ShipMetrics, Shipped};

use producer::{Producer, Report, Sent};

mod producer;

/// Bytes sent and not yet acknowledged, all partitions together. At the limit nothing more is read.
const IN_FLIGHT_BYTES_MAX: usize = 32 << 20;
/// Records sent and not yet acknowledged, all partitions together: small records cost more than their bytes.
const IN_FLIGHT_RECORDS_MAX: usize = 50_000;
/// Share of one partition of `IN_FLIGHT_BYTES_MAX`: a long queue in one leaves room for the others.
const LINE_BYTES_MAX: usize = 4 << 20;
/// Bytes read of one partition before it is the next one's turn.
const READ_BYTES: usize = 512 << 10;
/// Longest wait for new records when nothing is in flight.
const IDLE_WAIT: Duration = Duration::from_millis(50);
/// Wait for acknowledgements while some are to come.
const ACK_WAIT: Duration = Duration::from_millis(2);
/// How long a partition may have records in flight and get no acknowledgement before everything is sent again by a new
/// producer. An outage of the brokers costs one such round each time.
const ACK_PATIENCE: Duration = Duration::from_secs(20);
/// How often what was acknowledged is released: a release writes to the local log.
const RELEASE_EVERY: Duration = Duration::from_millis(100);
/// How often lag is measured.
const LAG_EVERY: Duration = Duration::from_secs(1);
/// How often the local log is asked for farewells.
const FAREWELL_EVERY: Duration = Duration::from_secs(1);
/// First pause after an error; it doubles up to `RETRY_PAUSE_MAX`.
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(100);
/// Longest pause after errors.
const RETRY_PAUSE_MAX: Duration = Duration::from_secs(5);
/// Pause before a partition of the local log that could not be read is read again.
const READ_PAUSE: Duration = Duration::from_secs(1);
/// How often a pause looks at the stop signal.
const STOP_LOOK_EVERY: Duration = Duration::from_millis(50);
/// How long a stop waits for acknowledgements. What has none by then is sent again after the next start.
const FLUSH_DEADLINE: Duration = Duration::from_secs(3);

/// The local log.
pub struct Source {
    /// Its reader.
    pub log: Box<dyn EventLog + Send>,
    /// For each partition, in order, the lowest offset that is not released.
    pub starts: Vec<Offset>,
    /// Waits until something may have been appended, at most this long.
    pub wait: Box<dyn FnMut(Duration) + Send>,
    /// The hour that a record says it was written in; `None` for a damaged record.
    pub hour_of: fn(&[u8]) -> Option<Hour>,
    /// What the log gave up unshipped.
    pub farewells: Box<dyn Farewells>,
}

/// Ends of lanes that have to be said in the topic: what a lane held is gone, and a record under its next seq, without
/// interactions, makes whoever counts write the loss down.
pub trait Farewells: Send {
    /// Headers of those that are not said yet.
    ///
    /// # Errors
    /// `Unavailable` when the local log does not say.
    fn owed(&mut self) -> Result<Vec<RecordHeader>, LogError>;

    /// The record that says it.
    fn record(&self, header: &RecordHeader, now: Hour) -> Vec<u8>;

    /// Kafka has it.
    fn said(&mut self, header: &RecordHeader);
}

/// Ships one local log.
pub struct Shipper {
    settings: KafkaSettings,
    source: Source,
    clock: Arc<dyn Clock>,
    metrics: ShipMetrics,
    lines: Vec<Line>,
    shipped: Shipped,
    /// The partition whose turn is first in the next round.
    turn: usize,
    release_due: Instant,
    lag_due: Instant,
    farewell_due: Instant,
}

/// One partition on its way.
struct Line {
    /// The next offset to send.
    next: Offset,
    /// Sent and not yet acknowledged, by offset.
    in_flight: VecDeque<Flight>,
    /// Their bytes.
    bytes: usize,
    /// Everything below is acknowledged.
    acked: watch::Sender<Offset>,
    /// Everything below is released.
    released: Offset,
    /// The topic's offset of this producer's last acknowledged record.
    landed_at: Option<i64>,
    /// The last acknowledgement, or when the oldest record in flight was sent.
    heard_at: Instant,
    /// Not read before this.
    not_before: Instant,
}

struct Flight {
    /// Of a farewell: that of the record behind it.
    offset: Offset,
    bytes: usize,
    farewell: Option<RecordHeader>,
}

/// Why everything unacknowledged is sent again.
#[derive(Debug, Error)]
enum ShipFault {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("kafka: {0}")]
    Kafka(String),
    #[error("partition {0}: kafka acknowledged records out of order")]
    Order(u16),
    #[error("partition {0}: kafka acknowledged nothing for {ACK_PATIENCE:?}")]
    Silence(u16),
}

impl Shipper {
    /// A shipper that has not started; the topic is looked at when it runs.
    ///
    /// # Errors
    /// `Broken` when the local log has another number of partitions than the topic must have.
    pub fn new(
        settings: KafkaSettings,
        source: Source,
        clock: Arc<dyn Clock>,
        metrics: ShipMetrics,
    ) -> Result<Shipper, LogError> {
        let (found, needed) = (source.starts.len(), usize::from(settings.partitions));
        if found != needed {
            return Err(LogError::Broken(format!(
                "the log on disk has {found} partitions and the topic {needed}"
            )));
        }
        let lines: Vec<Line> = source.starts.iter().map(|start| Line::new(*start)).collect();
        let shipped = Shipped::new(lines.iter().map(|line| line.acked.subscribe()).collect());
        let now = Instant::now();
        Ok(Shipper {
            settings,
            source,
            clock,
            metrics,
            lines,
            shipped,
            turn: 0,
            release_due: now,
            lag_due: now,
            farewell_due: now,
        })
    }

    /// How far shipping has come.
    pub fn shipped(&self) -> Shipped {
        self.shipped.clone()
    }

    /// Ships until the stop signal; then waits a little for acknowledgements and releases what has them. Blocks: give
    /// it a thread.
    pub fn run(mut self, stop: &CancellationToken) {
        let mut pause = RETRY_PAUSE_MIN;
        while !stop.is_cancelled() {
            let before = self.metrics.records.get();
            let Err(fault) = self.ship(stop) else { break };
            self.metrics.errors.inc();
            tracing::warn!(error = %fault, "shipping to kafka begins again where it was acknowledged");
            self.rewind();
            if self.metrics.records.get() > before {
                pause = RETRY_PAUSE_MIN;
            }
            wait(pause, stop);
            pause = (pause * 2).min(RETRY_PAUSE_MAX);
        }
        self.release();
    }

    /// Ships with one producer until the stop signal or an error.
    fn ship(&mut self, stop: &CancellationToken) -> Result<(), ShipFault> {
        self.settings.check_partitions()?;
        let producer = Producer::new(&self.settings)?;
        while !stop.is_cancelled() {
            let sent = self.send_round(&producer)?;
            if sent {
                point(Point::ShipSent, self.in_flight().1 as u64);
            }
            self.say_farewells(&producer)?;
            self.settle(&producer)?;
            self.tend();
            if !sent && self.in_flight() == (0, 0) {
                (self.source.wait)(IDLE_WAIT);
            }
        }
        let deadline = Instant::now() + FLUSH_DEADLINE;
        while self.in_flight() != (0, 0) && Instant::now() < deadline {
            self.settle(&producer)?;
        }
        Ok(())
    }

    /// Reads and sends a piece of every partition that has room; says whether anything was sent.
    fn send_round(&mut self, producer: &Producer) -> Result<bool, ShipFault> {
        let now = Hour::of_unix_ms(self.clock.unix_ms());
        let count = self.lines.len();
        self.turn = (self.turn + 1) % count.max(1);
        let mut sent = false;
        for index in (0..count).map(|step| (self.turn + step) % count) {
            let (bytes, records) = self.in_flight();
            let line = &mut self.lines[index];
            if bytes >= IN_FLIGHT_BYTES_MAX || records >= IN_FLIGHT_RECORDS_MAX {
                break;
            }
            if line.bytes >= LINE_BYTES_MAX || Instant::now() < line.not_before {
                continue;
            }
            let partition = index as u16;
            let entries = match self.source.log.read(partition, line.next, READ_BYTES) {
                Ok(entries) => entries,
                // The other partitions go on.
                Err(error) => {
                    tracing::warn!(partition, %error, "a partition cannot be read to be shipped");
                    self.metrics.errors.inc();
                    line.not_before = Instant::now() + READ_PAUSE;
                    continue;
                }
            };
            point(Point::ShipBefore, entries.len() as u64);
            for entry in entries {
                // A clock that was wrong when the record was written must not keep it longer.
                let hour = (self.source.hour_of)(&entry.bytes).map_or(now, |hour| hour.min(now));
                match producer.send(partition, &entry, hour).map_err(ShipFault::Kafka)? {
                    Sent::Yes => line.sent(entry.offset, entry.bytes.len()),
                    // It is read again when there is room.
                    Sent::Full => break,
                }
                sent = true;
            }
        }
        Ok(sent)
    }

    /// Sends what is to be said of lanes that ended unshipped, behind whatever of them is on its way.
    fn say_farewells(&mut self, producer: &Producer) -> Result<(), ShipFault> {
        if Instant::now() < self.farewell_due {
            return Ok(());
        }
        self.farewell_due = Instant::now() + FAREWELL_EVERY;
        let now = Hour::of_unix_ms(self.clock.unix_ms());
        let farewells = &mut self.source.farewells;
        for header in farewells.owed()? {
            let Some(line) = self.lines.get_mut(usize::from(header.partition)) else {
                continue;
            };
            if line.in_flight.iter().any(|flight| flight.farewell == Some(header)) {
                continue;
            }
            let (offset, bytes) = (line.next, farewells.record(&header, now));
            let entry = Entry { offset, bytes };
            match producer.send(header.partition, &entry, now).map_err(ShipFault::Kafka)? {
                Sent::Yes => line.on_its_way(Flight {
                    offset,
                    bytes: entry.bytes.len(),
                    farewell: Some(header),
                }),
                // It is owed still.
                Sent::Full => break,
            }
        }
        Ok(())
    }

    /// Takes acknowledgements, waiting a little if there are to be some.
    fn settle(&mut self, producer: &Producer) -> Result<(), ShipFault> {
        let wait = if self.in_flight() == (0, 0) {
            Duration::ZERO
        } else {
            ACK_WAIT
        };
        for report in producer.reports(wait) {
            // The partition is one that `send_round` counted.
            let landed = self.lines[usize::from(report.partition)].acknowledged(&report)?;
            point(Point::ShipAcked, 1);
            self.metrics.records.inc();
            self.metrics.bytes.inc_by(landed.bytes as u64);
            if let Some(header) = &landed.farewell {
                self.source.farewells.said(header);
                self.metrics.farewells.inc();
            }
        }
        let is_silent = |line: &Line| !line.in_flight.is_empty() && line.heard_at.elapsed() > ACK_PATIENCE;
        match self.lines.iter().position(is_silent) {
            Some(partition) => Err(ShipFault::Silence(partition as u16)),
            None => Ok(()),
        }
    }

    /// What is due now and then.
    fn tend(&mut self) {
        let now = Instant::now();
        if now >= self.release_due {
            self.release_due = now + RELEASE_EVERY;
            self.release();
        }
        if now >= self.lag_due {
            self.lag_due = now + LAG_EVERY;
            self.measure_lag();
        }
    }

    /// Releases what is acknowledged.
    fn release(&mut self) {
        for (partition, line) in (0..).zip(&mut self.lines) {
            let acked = *line.acked.borrow();
            if acked == line.released {
                continue;
            }
            point(Point::ShipReleaseBefore, acked - line.released);
            // Above the released offset, so at least 1.
            match self.source.log.release(partition, acked - 1) {
                Ok(()) => {
                    point(Point::ShipReleased, acked - line.released);
                    line.released = acked;
                }
                Err(error) => tracing::warn!(partition, %error, "shipped records could not be released"),
            }
        }
    }

    fn measure_lag(&mut self) {
        for (partition, line) in (0..).zip(&self.lines) {
            if let Ok((_, end)) = self.source.log.bounds(partition) {
                let lag = end.saturating_sub(*line.acked.borrow());
                let label = PartitionLabel { partition };
                self.metrics.lag.get_or_create(&label).set(lag.cast_signed());
            }
        }
    }

    /// Everything unacknowledged is to be sent again.
    fn rewind(&mut self) {
        for line in &mut self.lines {
            line.next = *line.acked.borrow();
            line.in_flight.clear();
            line.bytes = 0;
            line.landed_at = None;
        }
    }

    /// Bytes and records sent and not yet acknowledged.
    fn in_flight(&self) -> (usize, usize) {
        let of = |line: &Line| (line.bytes, line.in_flight.len());
        let sum = |a: (usize, usize), b: (usize, usize)| (a.0 + b.0, a.1 + b.1);
        self.lines.iter().map(of).fold((0, 0), sum)
    }
}

impl Line {
    fn new(start: Offset) -> Line {
        Line {
            next: start,
            in_flight: VecDeque::new(),
            bytes: 0,
            acked: watch::Sender::new(start),
            released: start,
            landed_at: None,
            heard_at: Instant::now(),
            not_before: Instant::now(),
        }
    }

    fn sent(&mut self, offset: Offset, bytes: usize) {
        self.on_its_way(Flight {
            offset,
            bytes,
            farewell: None,
        });
        self.next = offset + 1;
    }

    fn on_its_way(&mut self, flight: Flight) {
        if self.in_flight.is_empty() {
            self.heard_at = Instant::now();
        }
        self.bytes += flight.bytes;
        self.in_flight.push_back(flight);
    }

    /// Takes the acknowledgement of the oldest record in flight; no other may come before it. Returns what it was.
    fn acknowledged(&mut self, report: &Report) -> Result<Flight, ShipFault> {
        let landed_at = report.landed_at.as_ref().map_err(|why| ShipFault::Kafka(why.clone()))?;
        let is_later = self.landed_at.is_none_or(|before| *landed_at > before);
        let oldest = self.in_flight.pop_front();
        let Some(oldest) = oldest.filter(|oldest| oldest.offset == report.offset && is_later) else {
            return Err(ShipFault::Order(report.partition));
        };
        self.landed_at = Some(*landed_at);
        self.heard_at = Instant::now();
        self.bytes -= oldest.bytes;
        if oldest.farewell.is_none() {
            self.acked.send_replace(report.offset + 1);
        }
        Ok(oldest)
    }
}

/// Waits, but not over a stop.
fn wait(pause: Duration, stop: &CancellationToken) {
    let end = Instant::now() + pause;
    while !stop.is_cancelled() && Instant::now() < end {
        std::thread::sleep(STOP_LOOK_EVERY);
    }
}
