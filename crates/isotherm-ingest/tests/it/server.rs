//! A server on loopback with everything real behind it, and a look at what it left.

use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, rt, web};
use isotherm_core::Outcome;
use isotherm_core::ids::IdKey;
use isotherm_core::ports::EventLog;
use isotherm_core::record::Offset;
use isotherm_core::site::{Origin, PageRule, RuleAction, Site, SiteKey};
use isotherm_geo::{AddressLimiter, Countries, SiteLimiter, TrustedProxies};
use isotherm_ingest::arrivals::Arrivals;
use isotherm_ingest::commit::{Append, AppendRefused, Committer, committer};
use isotherm_ingest::metrics::IngestMetrics;
use isotherm_ingest::sites::SiteTable;
use isotherm_ingest::{Ingest, configure};
use isotherm_log::{DiskLog, LogSettings};
use isotherm_service::clock::SystemClock;
use isotherm_wire::record::{Frame, frame};
use tempfile::TempDir;

use crate::client::{Request, Response, send};

const PARTITIONS: u16 = 4;
const WORKERS: usize = 2;
/// Longest wait for something that the server does after its answer, or without one.
const DEADLINE: Duration = Duration::from_secs(30);

/// What differs from server to server.
pub(crate) struct Settings {
    pub(crate) expose_outcome: bool,
    pub(crate) hosts: Option<isotherm_ingest::opt_out::Hosts>,
    pub(crate) address_burst: u32,
    pub(crate) site_burst: u32,
    pub(crate) log_bytes_max: u64,
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            expose_outcome: true,
            hosts: None,
            address_burst: 100,
            site_burst: 100_000,
            log_bytes_max: 1 << 30,
        }
    }
}

/// A running server.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) metrics: IngestMetrics,
    /// While set, the log refuses everything.
    pub(crate) refusing: Arc<AtomicBool>,
    /// While held, the log is slow: an append waits.
    pub(crate) gate: Arc<Mutex<()>>,
    /// Appends that were begun.
    pub(crate) appends: Arc<AtomicU32>,
    log: Arc<DiskLog>,
    sent: AtomicU32,
    next_host: AtomicU32,
    handle: ServerHandle,
    threads: Vec<JoinHandle<()>>,
    dir: TempDir,
}

/// An interaction as the log holds it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Logged {
    pub(crate) site: String,
    pub(crate) page: String,
    pub(crate) country: String,
    pub(crate) viewport: &'static str,
    pub(crate) places: usize,
}

struct DiskAppend {
    log: Arc<DiskLog>,
    refusing: Arc<AtomicBool>,
    gate: Arc<Mutex<()>>,
    appends: Arc<AtomicU32>,
}

impl Append for DiskAppend {
    fn append(&self, group: &[(u16, Vec<u8>)]) -> Result<Vec<(u16, Offset)>, AppendRefused> {
        self.appends.fetch_add(1, Ordering::SeqCst);
        drop(self.gate.lock().unwrap_or_else(PoisonError::into_inner));
        if self.refusing.load(Ordering::SeqCst) {
            let reason = "the test says no".into();
            return Err(AppendRefused { reason });
        }
        let refused = |error: isotherm_log::AppendError| AppendRefused {
            reason: error.to_string(),
        };
        Ok(self.log.append(group).map_err(refused)?.lasts)
    }
}

impl Server {
    pub(crate) fn start(settings: &Settings) -> Server {
        let dir = tempfile::tempdir().expect("a directory");
        let log = open_log(&dir.path().join("log"), settings.log_bytes_max);
        let metrics = IngestMetrics::default();
        let refusing = Arc::new(AtomicBool::new(false));
        let (gate, appends) = (Arc::new(Mutex::new(())), Arc::new(AtomicU32::new(0)));
        let append = DiskAppend {
            log: Arc::clone(&log),
            refusing: Arc::clone(&refusing),
            gate: Arc::clone(&gate),
            appends: Arc::clone(&appends),
        };
        let (committer, commits) = committer(append, Arc::new(SystemClock), metrics.clone());
        let sites = SiteTable::default();
        sites.replace(vec![site("acme"), site("drained")]);
        let ingest = web::Data::new(Ingest {
            sites,
            trusted_proxies: TrustedProxies::parse(&["127.0.0.1"]).expect("a network"),
            countries: countries(dir.path()),
            address_limiter: AddressLimiter::new(NonZeroU32::MIN, burst(settings.address_burst)),
            site_limiter: SiteLimiter::new(NonZeroU32::MIN, burst(settings.site_burst)),
            id_key: IdKey::new([7; 16]),
            partitions: PARTITIONS,
            committer,
            broker_ack: None,
            metrics: metrics.clone(),
            arrivals: Arc::new(Arrivals::new(Arc::new(SystemClock))),
            hosts: settings.hosts.clone(),
            expose_outcome: settings.expose_outcome,
        });
        let commit_thread = std::thread::spawn(move || commits.run());
        let (started, address) = mpsc::sync_channel(1);
        let server_thread = std::thread::spawn(move || serve(ingest, &started));
        let (address, handle) = address.recv().expect("a server");
        Server {
            address,
            metrics,
            refusing,
            gate,
            appends,
            log,
            sent: AtomicU32::new(0),
            next_host: AtomicU32::new(0),
            handle,
            threads: vec![server_thread, commit_thread],
            dir,
        }
    }

    /// An address that no other request comes from.
    pub(crate) fn fresh_address(&self) -> String {
        let host = self.next_host.fetch_add(1, Ordering::SeqCst);
        // One /64 each.
        format!("2001:db8:{:x}:{:x}::1", host >> 16, host & 0xffff)
    }

    /// A beacon that would be admitted, from an address of its own.
    pub(crate) fn beacon(&self) -> Request {
        Request::beacon(&self.fresh_address())
    }

    pub(crate) fn send(&self, request: &Request) -> Response {
        self.sent.fetch_add(1, Ordering::SeqCst);
        send(self.address, request)
    }

    /// Notes requests that were sent without `send`.
    pub(crate) fn note_sent(&self, requests: u32) {
        self.sent.fetch_add(requests, Ordering::SeqCst);
    }

    /// What was counted by outcome, in the order of `Outcome::ALL`.
    pub(crate) fn counted(&self) -> [u64; Outcome::ALL.len()] {
        Outcome::ALL.map(|outcome| self.metrics.counted(outcome))
    }

    /// Sends a request and says which one outcome's counter moved.
    pub(crate) fn outcome_of(&self, request: &Request) -> (Outcome, Response) {
        let before = self.counted();
        let response = self.send(request);
        (self.moved_since(before), response)
    }

    /// Waits until the counters moved and says which outcome's did; it must be one, by one.
    pub(crate) fn moved_since(&self, before: [u64; Outcome::ALL.len()]) -> Outcome {
        self.wait_until("a counter moves", || self.counted() != before);
        let after = self.counted();
        let moved: Vec<(Outcome, u64)> = (Outcome::ALL.into_iter().zip(before.iter().zip(after)))
            .filter(|(_, (before, after))| **before != *after)
            .map(|(outcome, (before, after))| (outcome, after - before))
            .collect();
        assert!(matches!(moved[..], [(_, 1)]), "not one counter moved by one: {moved:?}");
        moved[0].0
    }

    /// Every request that was sent is counted, once.
    pub(crate) fn assert_all_counted(&self) {
        let sent = u64::from(self.sent.load(Ordering::SeqCst));
        self.wait_until("all requests are counted", || {
            self.counted().iter().sum::<u64>() >= sent
        });
        assert_eq!(self.counted().iter().sum::<u64>(), sent, "{:?}", self.counted());
    }

    pub(crate) fn wait_until(&self, what: &str, condition: impl Fn() -> bool) {
        let until = Instant::now() + DEADLINE;
        while !condition() {
            assert!(Instant::now() < until, "not within {DEADLINE:?}: {what}");
            std::thread::yield_now();
        }
    }

    /// What the log holds now, sorted.
    pub(crate) fn logged(&self) -> Vec<Logged> {
        logged(&self.log)
    }

    /// What a copy of the log's directory holds, opened as after a crash.
    pub(crate) fn logged_in_a_copy(&self) -> Vec<Logged> {
        let copy = tempfile::tempdir().expect("a directory");
        for file in std::fs::read_dir(self.dir.path().join("log")).expect("the log's directory") {
            let file = file.expect("a file");
            std::fs::copy(file.path(), copy.path().join(file.file_name())).expect("copied");
        }
        logged(&open_log(copy.path(), 1 << 30))
    }
}

/// A collecting role without a server, on a committer of the test's own.
pub(crate) fn ingest_on(dir: &Path, committer: Committer, partitions: u16) -> Ingest {
    let sites = SiteTable::default();
    sites.replace(vec![site("acme")]);
    Ingest {
        sites,
        trusted_proxies: TrustedProxies::parse(&["127.0.0.1"]).expect("a network"),
        countries: countries(dir),
        address_limiter: AddressLimiter::new(NonZeroU32::MIN, burst(100_000)),
        site_limiter: SiteLimiter::new(NonZeroU32::MIN, burst(100_000)),
        id_key: IdKey::new([7; 16]),
        partitions,
        committer,
        broker_ack: None,
        metrics: IngestMetrics::default(),
        arrivals: Arc::new(Arrivals::new(Arc::new(SystemClock))),
        hosts: None,
        expose_outcome: true,
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
        for thread in self.threads.drain(..) {
            let ended = thread.join();
            assert!(
                ended.is_ok() || std::thread::panicking(),
                "a thread of the server panicked"
            );
        }
    }
}

fn serve(ingest: web::Data<Ingest>, started: &mpsc::SyncSender<(SocketAddr, ServerHandle)>) {
    rt::System::new().block_on(async move {
        let server = HttpServer::new(move || App::new().configure(|config| configure(config, ingest.clone())))
            .workers(WORKERS)
            .disable_signals()
            .bind(("127.0.0.1", 0))
            .expect("a port on loopback");
        let address = server.addrs()[0];
        let server = server.run();
        started.send((address, server.handle())).expect("the test waits");
        server.await.expect("served");
    });
}

fn burst(requests: u32) -> NonZeroU32 {
    NonZeroU32::new(requests).expect("not zero")
}

fn site(key: &str) -> Site {
    let rule = |pattern: &str, action| PageRule {
        pattern: pattern.into(),
        action,
    };
    Site {
        key: SiteKey::parse(key).expect("a site key"),
        origins: vec![Origin::parse("https://acme.example").expect("an origin")],
        rules: vec![
            rule("/admin/**", RuleAction::Drop),
            rule("/product/*", RuleAction::Group),
        ],
    }
}

fn countries(dir: &Path) -> Countries {
    let path = dir.join("country.mmdb");
    let ranges = [
        ("192.0.2.0/24", "DE"),
        ("198.51.100.0/24", "FR"),
        ("2001:db8:ffff::/48", "JP"),
    ];
    isotherm_mmdb_writer::write_country_mmdb(&path, &ranges).expect("written");
    Countries::open(&path).expect("a country file")
}

fn open_log(dir: &Path, bytes_max: u64) -> Arc<DiskLog> {
    let settings = LogSettings {
        dir: dir.to_owned(),
        partitions: PARTITIONS,
        bytes_max,
        frame,
        is_shipped: false,
    };
    Arc::new(DiskLog::open(settings, Arc::new(SystemClock)).expect("a log"))
}

fn logged(log: &DiskLog) -> Vec<Logged> {
    let mut reader = log.reader();
    let mut all = Vec::new();
    for partition in 0..PARTITIONS {
        let mut from = 0;
        loop {
            let entries = reader.read(partition, from, 1 << 20).expect("readable");
            let Some(last) = entries.last() else { break };
            from = last.offset + 1;
            for entry in &entries {
                let frame = Frame::parse(&entry.bytes).expect("a frame");
                let record = frame.unpack().expect("a record");
                all.extend(record.interactions().map(|(interaction, places)| Logged {
                    site: record.text(interaction.site).into(),
                    page: record.text(interaction.page).into(),
                    country: interaction.country.as_str().into(),
                    viewport: interaction.viewport.name(),
                    places: places.count(),
                }));
            }
        }
    }
    all.sort();
    all
}
