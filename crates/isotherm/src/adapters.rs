//! Ports of the roles on real parts.

use std::iter::once;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::dev::RequestHead;
use actix_web::http::header::X_FORWARDED_FOR;
use isotherm_core::control::{Share, Token, TokenHash};
use isotherm_core::ports::EventLog;
use isotherm_core::record::Offset;
use isotherm_core::{Outcome, SiteKey};
use isotherm_geo::{Networks, Peer, TrustedProxies};
use isotherm_ingest::arrivals::Arrivals;
use isotherm_ingest::commit::{Append, AppendRefused, BrokerAck, Stored};
use isotherm_log::DiskLog;
use isotherm_log_kafka::Shipped;
use isotherm_query::{Access, SiteStatus, StatusSource};

use crate::control::AccessTable;
use crate::log_watch::Refusal;

/// The log on disk as the collecting role writes it, and how the last append ended.
pub(crate) struct DiskAppend(pub(crate) Arc<DiskLog>, pub(crate) Refusal);

impl Append for DiskAppend {
    fn append(&self, group: &[(u16, Vec<u8>)]) -> Result<Vec<(u16, Offset)>, AppendRefused> {
        let appended = self.0.append(group);
        self.1.note(&appended);
        match appended {
            Ok(appended) => Ok(appended.lasts),
            Err(error) => Err(AppendRefused {
                reason: error.to_string(),
            }),
        }
    }
}

/// Longest wait for the brokers with `ack = "kafka"`; then the answer is 503, although the record will still be shipped.
const BROKER_ACK_TIMEOUT: Duration = Duration::from_secs(10);

/// How far shipping has come, as the collecting role asks for it.
pub(crate) struct ShippedAck {
    shipped: Shipped,
    log: Arc<DiskLog>,
    patience: Duration,
    /// A record that was waited for in vain: until it has arrived, the brokers count as away. Should the log lose it before
    /// (it grew too old, or its file is damaged), the next beacon asks the brokers anew.
    overdue: Mutex<Option<Stored>>,
}

impl ShippedAck {
    /// The brokers are there.
    pub(crate) fn new(shipped: Shipped, log: Arc<DiskLog>) -> ShippedAck {
        ShippedAck {
            shipped,
            log,
            patience: BROKER_ACK_TIMEOUT,
            overdue: Mutex::default(),
        }
    }

    fn overdue(&self) -> MutexGuard<'_, Option<Stored>> {
        // A position has no broken middle state.
        self.overdue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn has_arrived(&self, stored: &Stored) -> bool {
        let next = self.shipped.next(stored.partition);
        next.is_some_and(|next| next > stored.offset)
    }

    /// Whether the log holds neither this record nor any before it: nothing will ever be shipped that shows its arrival.
    fn is_gone(&self, stored: &Stored) -> bool {
        let bounds = self.log.reader().bounds(stored.partition);
        bounds.is_ok_and(|(low, _)| low > stored.offset)
    }
}

impl BrokerAck for ShippedAck {
    fn are_away(&self) -> bool {
        let mut overdue = self.overdue();
        let is_over = |stored: &Stored| self.has_arrived(stored) || self.is_gone(stored);
        if overdue.as_ref().is_some_and(is_over) {
            *overdue = None;
        }
        overdue.is_some()
    }

    fn reached(&self, stored: Stored) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(async move {
            let lasts = [(stored.partition, stored.offset)];
            let reached = tokio::time::timeout(self.patience, self.shipped.reached(&lasts)).await;
            let reached = matches!(reached, Ok(Ok(())));
            if !reached {
                self.overdue().get_or_insert(stored);
            }
            reached
        })
    }
}

/// Tokens and sites as they are now, whose word about addresses is taken, and the networks that may ask at all.
pub(crate) struct TableAccess {
    table: AccessTable,
    trusted_proxies: TrustedProxies,
    allow_ip: Vec<String>,
}

impl TableAccess {
    /// With `[query] allow_ip`; empty for any network.
    pub(crate) fn new(table: AccessTable, trusted_proxies: TrustedProxies, allow_ip: Vec<String>) -> TableAccess {
        TableAccess {
            table,
            trusted_proxies,
            allow_ip,
        }
    }
}

impl Access for TableAccess {
    fn token(&self, hash: &TokenHash) -> Option<Token> {
        self.table.token(hash)
    }

    fn token_named(&self, id: &str) -> Option<Token> {
        self.table.token_named(id)
    }

    fn share(&self, hash: &TokenHash) -> Option<Share> {
        self.table.share(hash)
    }

    fn share_named(&self, id: &str) -> Option<Share> {
        self.table.share_named(id)
    }

    fn note_use(&self, token: &Token) {
        self.table.note_use(token);
    }

    fn may_try(&self, request: &RequestHead) -> Result<(), u64> {
        let forwarded = request.headers.get_all(X_FORWARDED_FOR).map(|value| value.as_bytes());
        let address = self
            .trusted_proxies
            .client_address(request.peer_addr.map(Peer::from), forwarded);
        // Without an address there is no bucket; such a request comes over no network.
        match address {
            Some(address) => self.table.logins.check(&address),
            None => Ok(()),
        }
    }

    fn site_exists(&self, site: &SiteKey) -> bool {
        self.table.site_exists(site)
    }

    fn shows_countries(&self, site: &SiteKey) -> bool {
        self.table.shows_countries(site)
    }

    fn admits_peer(&self, token: &Token, request: &RequestHead) -> bool {
        // The token's own list and its site's: both must have the address.
        self.admits(&[token.allow_ip.clone(), self.table.networks_of(&token.site)], request)
    }

    fn comes_from(&self, networks: &[String], request: &RequestHead) -> bool {
        !networks.is_empty() && self.admits(&[networks.to_vec()], request)
    }

    fn admits_to_site(&self, site: &SiteKey, request: &RequestHead) -> bool {
        self.admits(&[self.table.networks_of(site)], request)
    }
}

impl TableAccess {
    /// Whether the request's address is on every list that is not empty, the installation's own among them.
    fn admits(&self, lists: &[Vec<String>], request: &RequestHead) -> bool {
        let all = once(&self.allow_ip).chain(lists);
        let mut given = all.filter(|list| !list.is_empty()).peekable();
        if given.peek().is_none() {
            return true;
        }
        let forwarded = request.headers.get_all(X_FORWARDED_FOR).map(|value| value.as_bytes());
        let address = self
            .trusted_proxies
            .client_address(request.peer_addr.map(Peer::from), forwarded);
        // A list that cannot be read opens nothing.
        address.is_some_and(|address| {
            given.all(|list| Networks::parse(list).is_ok_and(|networks| networks.admit(&address)))
        })
    }
}

/// What arrived lately, where the collecting role runs in this process.
pub(crate) struct LocalStatus(pub(crate) Arc<Arrivals>);

impl StatusSource for LocalStatus {
    fn status(&self, site: &SiteKey) -> SiteStatus {
        let lately = self.0.lately(site);
        let outcomes = Outcome::ALL.into_iter().zip(lately.counts).collect();
        SiteStatus {
            outcomes,
            since: Some(lately.since),
            last_admitted: lately.last_admitted,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::net::SocketAddr;
    use std::sync::atomic::{AtomicU64, Ordering};

    use actix_web::test::TestRequest;
    use isotherm_core::Day;
    use isotherm_core::control::{Scope, SiteAccess};
    use isotherm_core::ports::{Clock, LogError};
    use isotherm_core::record::RecordHeader;
    use isotherm_log::LogSettings;
    use isotherm_log_kafka::{Farewells, KafkaSecurity, KafkaSettings, ShipMetrics, Shipper, Source};

    use super::*;

    const HOUR_MS: u64 = 3_600_000;

    struct At(AtomicU64);

    impl Clock for At {
        fn unix_ms(&self) -> u64 {
            self.0.load(Ordering::SeqCst)
        }
    }

    struct Nothing;

    impl Farewells for Nothing {
        fn owed(&mut self) -> Result<Vec<RecordHeader>, LogError> {
            Ok(Vec::new())
        }

        fn record(&self, _: &RecordHeader, _: isotherm_core::Hour) -> Vec<u8> {
            Vec::new()
        }

        fn said(&mut self, _: &RecordHeader) {}
    }

    /// A log of one partition, and a shipper that never ships.
    fn unshipped(clock: &Arc<At>, dir: &std::path::Path) -> (Arc<DiskLog>, Shipper) {
        let settings = LogSettings {
            dir: dir.to_owned(),
            partitions: 1,
            bytes_max: 1 << 30,
            frame: isotherm_wire::record::frame,
            is_shipped: true,
        };
        let log = Arc::new(DiskLog::open(settings, clock.clone()).expect("a log"));
        let source = Source {
            log: Box::new(log.reader()),
            starts: vec![0],
            wait: Box::new(|_| {}),
            hour_of: |_| None,
            farewells: Box::new(Nothing),
        };
        let kafka = KafkaSettings {
            brokers: "127.0.0.1:1".into(),
            topic: "nowhere".into(),
            partitions: 1,
            replication: 1,
            security: KafkaSecurity::default(),
        };
        let shipper = Shipper::new(kafka, source, clock.clone(), ShipMetrics::default()).expect("a shipper");
        (log, shipper)
    }

    #[tokio::test]
    async fn a_record_that_the_log_gave_up_keeps_no_beacon_out() {
        let clock = Arc::new(At(AtomicU64::new(500_000 * HOUR_MS)));
        let dir = std::env::temp_dir().join(format!("isotherm-ack-{}", std::process::id()));
        let (log, shipper) = unshipped(&clock, &dir);
        let mut ack = ShippedAck::new(shipper.shipped(), log.clone());
        ack.patience = Duration::ZERO;
        log.append(&[(0, vec![1; 100])]).expect("appended");
        let (partition, offset) = (0, 0);
        assert!(!ack.reached(Stored { partition, offset }).await, "nobody ships it");
        for (hours, away) in [(0, true), (70, true), (71, false)] {
            clock.0.store((500_000 + hours) * HOUR_MS, Ordering::SeqCst);
            log.expire().expect("upkeep");
            assert_eq!(ack.are_away(), away, "after {hours} hours");
        }
        log.append(&[(0, vec![1; 100])]).expect("appended");
        assert!(!ack.are_away(), "what comes later asks the brokers anew");
        drop((ack, log, shipper));
        std::fs::remove_dir_all(dir).expect("removed");
    }

    /// Whether a token with one list, of a site with the other, may be used from there.
    fn admits(token: &[&str], site: &[&str], peer: &str) -> bool {
        let texts = |list: &[&str]| -> Vec<String> { list.iter().map(|text| (*text).to_owned()).collect() };
        let key = SiteKey::parse("acme").expect("a key");
        let token = Token {
            id: "a1".into(),
            hash: TokenHash([1; 32]),
            site: key.clone(),
            scope: Scope::Read,
            allow_ip: texts(token),
            created: Day(1),
            expires: None,
            last_used: None,
        };
        let access = SiteAccess {
            site: key.clone(),
            allow_ip: texts(site),
            public_countries: false,
        };
        let table = AccessTable::default();
        table.replace(vec![token.clone()], HashSet::from([key]), vec![access]);
        let access = TableAccess::new(table, TrustedProxies::default(), Vec::new());
        let peer: SocketAddr = peer.parse().expect("a peer");
        let request = TestRequest::default().peer_addr(peer).to_http_request();
        access.admits_peer(&token, request.head())
    }

    #[test]
    fn a_tokens_list_and_its_sites_must_both_have_the_address() {
        let (inside, outside) = ("192.0.2.7:4000", "198.51.100.7:4000");
        let (own, other) = (&["192.0.2.0/24"][..], &["203.0.113.0/24"][..]);
        for (token, site, peer, expected) in [
            (&[][..], &[][..], outside, true),
            (own, &[], inside, true),
            (own, &[], outside, false),
            (&[], own, inside, true),
            (&[], own, outside, false),
            (own, own, inside, true),
            (own, other, inside, false),
            (other, own, inside, false),
            (&["office"], own, inside, false),
            (own, &["office"], inside, false),
        ] {
            assert_eq!(admits(token, site, peer), expected, "{token:?} {site:?}");
        }
    }
}
