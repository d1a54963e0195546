//! `POST /v1/collect`: the decisions in the contract's order. Every request ends in exactly one outcome, counted once.

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderValue};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use isotherm_core::admit::{Context, Interaction, admit, admit_head};
use isotherm_core::beacon::Beacon;
use isotherm_core::consent::consent;
use isotherm_core::{DropReason, Outcome, SiteKey};
use isotherm_wire::beacon::parse_beacon;

use crate::head::{Sender, body_head, sender, signals};
use crate::lateness::OfWorker;
use crate::metrics::IngestMetrics;
use crate::{Ingest, body};

/// Seconds after which a sender may try again when nothing can be stored.
const UNAVAILABLE_RETRY_S: u64 = 5;
/// Seconds after which a sender may try again when a site sends too much.
const SITE_RETRY_S: u64 = 1;

/// A request that was not admitted.
struct Refusal {
    reason: DropReason,
    /// What the client reads.
    text: String,
    /// For `Retry-After`.
    retry_after_s: Option<u64>,
}

impl From<DropReason> for Refusal {
    fn from(reason: DropReason) -> Refusal {
        let (text, retry_after_s) = match reason {
            DropReason::ContentType => ("send text/plain or application/json", None),
            DropReason::Encoding => ("send the body as it is, without a content encoding", None),
            DropReason::TooLarge => ("a beacon has at most 16384 bytes", None),
            DropReason::Malformed => ("the body did not arrive whole", None),
            DropReason::RateLimited => ("too many beacons, try again later", Some(SITE_RETRY_S)),
            DropReason::Unavailable => ("cannot be stored now, try again later", Some(UNAVAILABLE_RETRY_S)),
            _ => ("", None),
        };
        Refusal {
            reason,
            text: text.into(),
            retry_after_s,
        }
    }
}

pub(crate) async fn collect(request: HttpRequest, mut payload: Payload, ingest: Data<Ingest>) -> HttpResponse {
    let mut counted = Counted {
        metrics: &ingest.metrics,
        outcome: Outcome::Dropped(DropReason::Malformed),
    };
    let decided = decide(&request, &mut payload, &ingest, &mut counted).await;
    counted.outcome = match &decided {
        Ok(()) => Outcome::Admitted,
        Err(refusal) => Outcome::Dropped(refusal.reason),
    };
    answer(counted.outcome, decided.err(), ingest.expose_outcome)
}

/// Counts a request when it ends, however it ends: the server drops a request whose sender resets the connection.
struct Counted<'i> {
    metrics: &'i IngestMetrics,
    /// What it is counted as if it ends now.
    outcome: Outcome,
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        self.metrics.count(self.outcome);
    }
}

/// The decisions, in the contract's order.
async fn decide(
    request: &HttpRequest,
    payload: &mut Payload,
    ingest: &Ingest,
    counted: &mut Counted<'_>,
) -> Result<(), Refusal> {
    // Consent first, whatever else: nothing is measured of who refuses it, not even that we are busy.
    let head = consent(&signals(request))
        .map_err(Refusal::from)
        .and_then(|()| in_time(request, ingest))
        .and_then(|()| Ok(admit_head(&body_head(request))?))
        .and_then(|()| within_address_rate(request, ingest));
    let sender = match head {
        Ok(sender) => sender,
        Err(refusal) => {
            counted.outcome = Outcome::Dropped(refusal.reason);
            body::discard(payload).await;
            return Err(refusal);
        }
    };
    let body = body::read(payload).await?;
    let beacon = well_formed(&body)?;
    let site = beacon.site.clone();
    // A sender that does not wait until it is stored is never told that it is, even if it will be.
    counted.outcome = Outcome::Dropped(DropReason::Unavailable);
    let interaction = admitted(beacon, sender, ingest);
    #[cfg(feature = "leaks")]
    let interaction = interaction.map(|i| crate::leaks::planted(request, &body, i, &ingest.metrics));
    drop(body);
    let stored = match interaction {
        Ok(interaction) => store(interaction, ingest).await,
        Err(reason) => Err(reason),
    };
    count_arrival(&site, &stored, ingest);
    Ok(stored?)
}

/// Whether this worker is in time. A refusal keeps the connection: opening another one would cost us more than it.
fn in_time(request: &HttpRequest, ingest: &Ingest) -> Result<(), Refusal> {
    let lateness = request.app_data::<OfWorker>();
    match lateness.is_some_and(|lateness| lateness.borrow_mut().refuses()) {
        true => {
            ingest.metrics.crowded_out.inc();
            Err(DropReason::Unavailable.into())
        }
        false => Ok(()),
    }
}

fn within_address_rate(request: &HttpRequest, ingest: &Ingest) -> Result<Sender, Refusal> {
    sender(request, ingest).map_err(|wait_s| Refusal {
        retry_after_s: Some(wait_s),
        ..Refusal::from(DropReason::RateLimited)
    })
}

fn well_formed(body: &[u8]) -> Result<Beacon, Refusal> {
    parse_beacon(body).map_err(|error| Refusal {
        text: error.to_string(),
        ..Refusal::from(DropReason::Malformed)
    })
}

fn admitted(beacon: Beacon, sender: Sender, ingest: &Ingest) -> Result<Interaction, DropReason> {
    let sites = ingest.sites.current();
    let interaction = admit(
        beacon,
        &Context {
            sites: &sites,
            origin: sender.origin,
            site_rate: &|site| ingest.site_limiter.check(site.as_str()).is_ok(),
            bot: sender.bot,
            country: sender.country,
        },
    )?;
    let page = ingest.id_key.page(&interaction.site, &interaction.page);
    // A page that is being erased, known by its id alone.
    match ingest.sites.refuses(page) {
        true => Err(DropReason::Rule),
        false => Ok(interaction),
    }
}

/// Waits until the log holds the interaction durably, and the brokers where that was asked for.
///
/// Who waits in vain for the brokers is answered `unavailable`, although the record is in the log on disk, will be shipped
/// and is counted then. From the first such answer on nothing is taken until that record has arrived.
async fn store(interaction: Interaction, ingest: &Ingest) -> Result<(), DropReason> {
    if ingest.broker_ack.as_ref().is_some_and(|brokers| brokers.are_away()) {
        return Err(DropReason::Unavailable);
    }
    let partition = ingest
        .id_key
        .page(&interaction.site, &interaction.page)
        .partition(ingest.partitions);
    let stored = ingest
        .committer
        .commit(partition, interaction)
        .await
        .map_err(|_| DropReason::Unavailable)?;
    match &ingest.broker_ack {
        Some(brokers) if !brokers.reached(stored).await => Err(DropReason::Unavailable),
        _ => Ok(()),
    }
}

/// Only for sites that exist: otherwise anybody could fill the table.
fn count_arrival(site: &SiteKey, stored: &Result<(), DropReason>, ingest: &Ingest) {
    let outcome = match stored {
        Ok(()) => Outcome::Admitted,
        Err(DropReason::UnknownSite) => return,
        Err(reason) => Outcome::Dropped(*reason),
    };
    ingest.arrivals.count(site, outcome);
}

fn answer(outcome: Outcome, refusal: Option<Refusal>, expose_outcome: bool) -> HttpResponse {
    // Every outcome's status is a valid one; the core's test walks them all.
    let status = StatusCode::from_u16(outcome.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.insert_header((header::CACHE_CONTROL, HeaderValue::from_static("no-store")));
    // Tracking Preference Expression, section 6.3: this request was not used for tracking anybody.
    response.insert_header(("Tk", "N"));
    // Pages of other origins send beacons; nothing in the answer is anybody's secret.
    response.insert_header(("Cross-Origin-Resource-Policy", "cross-origin"));
    if expose_outcome {
        response.insert_header(("X-Isotherm-Outcome", outcome.label()));
    }
    let Some(refusal) = refusal.filter(|_| status != StatusCode::NO_CONTENT) else {
        return response.finish();
    };
    if let Some(seconds) = refusal.retry_after_s {
        response.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
    response
        .content_type("text/plain; charset=utf-8")
        .body(refusal.text + "\n")
}
