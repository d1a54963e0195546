//! Ports of the roles on real parts.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::RequestHead;
use actix_web::http::header::X_FORWARDED_FOR;
use isotherm_core::control::{Token, TokenHash};
use isotherm_core::record::Offset;
use isotherm_core::{Outcome, SiteKey};
use isotherm_geo::{Networks, Peer, TrustedProxies};
use isotherm_ingest::arrivals::Arrivals;
use isotherm_ingest::commit::{Append, AppendRefused, BrokerAck, Stored};
use isotherm_log::DiskLog;
use isotherm_log_kafka::Shipped;
use isotherm_query::{Access, SiteStatus, StatusSource};

use crate::control::AccessTable;

/// The log on disk as the collecting role writes it.
pub(crate) struct DiskAppend(pub(crate) Arc<DiskLog>);

impl Append for DiskAppend {
    fn append(&self, group: &[(u16, Vec<u8>)]) -> Result<Vec<(u16, Offset)>, AppendRefused> {
        match self.0.append(group) {
            Ok(appended) => Ok(appended.lasts),
            Err(error) => Err(AppendRefused {
                reason: error.to_string(),
            }),
        }
    }
}

/// Longest wait for the brokers with `ack = "kafka"`; then the answer is 503, although the record may still be shipped.
const BROKER_ACK_TIMEOUT: Duration = Duration::from_secs(10);

/// How far shipping has come, as the collecting role asks for it.
pub(crate) struct ShippedAck(pub(crate) Shipped);

impl BrokerAck for ShippedAck {
    fn reached(&self, stored: Stored) -> Pin<Box<dyn Future<Output = bool> + Send + '_>> {
        Box::pin(async move {
            let lasts = [(stored.partition, stored.offset)];
            let reached = tokio::time::timeout(BROKER_ACK_TIMEOUT, self.0.reached(&lasts)).await;
            matches!(reached, Ok(Ok(())))
        })
    }
}

/// Tokens and sites as they are now, and whose word about addresses is taken.
pub(crate) struct TableAccess {
    pub(crate) table: AccessTable,
    pub(crate) trusted_proxies: TrustedProxies,
}

impl Access for TableAccess {
    fn token(&self, hash: &TokenHash) -> Option<Token> {
        self.table.token(hash)
    }

    fn site_exists(&self, site: &SiteKey) -> bool {
        self.table.site_exists(site)
    }

    fn admits_peer(&self, token: &Token, request: &RequestHead) -> bool {
        if token.allow_ip.is_empty() {
            return true;
        }
        // A list that cannot be read opens nothing.
        let Ok(networks) = Networks::parse(&token.allow_ip) else {
            return false;
        };
        let forwarded = request.headers.get_all(X_FORWARDED_FOR).map(|value| value.as_bytes());
        let address = self
            .trusted_proxies
            .client_address(request.peer_addr.map(Peer::from), forwarded);
        address.is_some_and(|address| networks.admit(&address))
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
