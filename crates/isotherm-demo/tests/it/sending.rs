//! Visitors go through HTTP as browsers do, wait when asked to, and stop when told.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use actix_web::{App, HttpRequest, HttpResponse, HttpServer, web};
use isotherm_demo::{FillError, FillSettings, fill, trickle};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

/// The far end of the wire: how it answers, and what it got.
#[derive(Default)]
struct End {
    requests: AtomicU64,
    page_views: AtomicU64,
    /// So many requests are answered with 503 first.
    busy: u64,
    /// All others are answered with this.
    status: u16,
}

async fn collect(end: web::Data<End>, request: HttpRequest, body: web::Bytes) -> HttpResponse {
    let number = end.requests.fetch_add(1, Ordering::SeqCst);
    if number < end.busy {
        return HttpResponse::ServiceUnavailable()
            .insert_header(("Retry-After", "0"))
            .finish();
    }
    let beacon: serde_json::Value = serde_json::from_slice(&body).expect("JSON");
    for name in ["origin", "user-agent", "x-forwarded-for", "content-type"] {
        assert!(request.headers().contains_key(name), "{name} is missing");
    }
    if beacon["view"] == true {
        end.page_views.fetch_add(1, Ordering::SeqCst);
    }
    let status = actix_web::http::StatusCode::from_u16(end.status).expect("a status");
    HttpResponse::build(status)
        .insert_header((
            "X-Isotherm-Outcome",
            if end.status == 204 { "admitted" } else { "malformed" },
        ))
        .finish()
}

/// Starts the far end; it ends with the set.
fn start(end: &Arc<End>) -> (FillSettings, JoinSet<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = listener.local_addr().expect("a bound listener").port();
    let data = web::Data::from(Arc::clone(end));
    let app = move || {
        App::new()
            .app_data(data.clone())
            .route("/v1/collect", web::post().to(collect))
    };
    let server = HttpServer::new(app)
        .workers(1)
        .disable_signals()
        .listen(listener)
        .expect("a server");
    let mut running = JoinSet::new();
    running.spawn_local(async move { server.run().await.expect("a running server") });
    let settings = FillSettings {
        collect_url: format!("http://127.0.0.1:{port}"),
        origin: "http://127.0.0.1:1".to_owned(),
        site: "shop".to_owned(),
        seed: 11,
        first_visitor: 0,
        page_views: 200,
        time_max: Duration::from_secs(60),
    };
    (settings, running)
}

#[actix_web::test]
async fn a_fill_sends_every_page_view_once_though_the_far_end_is_busy_at_first() {
    let end = Arc::new(End {
        busy: 30,
        status: 204,
        ..End::default()
    });
    let (settings, _running) = start(&end);
    let mut last = 0;
    let filled = fill(settings, |progress| last = progress.page_views)
        .await
        .expect("filled");
    assert_eq!(
        (filled.page_views, filled.pauses, filled.next_visitor, last),
        (200, 30, 200, 200)
    );
    assert_eq!(end.page_views.load(Ordering::SeqCst), 200);
    assert_eq!(end.requests.load(Ordering::SeqCst), filled.beacons + 30);
}

#[actix_web::test]
async fn a_fill_begins_nothing_after_its_time() {
    let end = Arc::new(End {
        status: 204,
        ..End::default()
    });
    let (settings, _running) = start(&end);
    let settings = FillSettings {
        time_max: Duration::ZERO,
        ..settings
    };
    let filled = fill(settings, |_| {}).await.expect("stopped");
    assert_eq!((filled.page_views, end.requests.load(Ordering::SeqCst)), (0, 0));
}

#[actix_web::test]
async fn a_refused_beacon_ends_the_fill_with_its_outcome() {
    let end = Arc::new(End {
        status: 400,
        ..End::default()
    });
    let (settings, _running) = start(&end);
    let error = fill(settings, |_| {}).await.expect_err("refused");
    assert!(matches!(&error, FillError::Refused { status: 400, outcome } if outcome == "malformed"));
}

#[actix_web::test]
async fn a_trickle_goes_on_until_it_is_cancelled() {
    let end = Arc::new(End {
        status: 204,
        ..End::default()
    });
    let stop = CancellationToken::new();
    let (settings, _running) = start(&end);
    let cancel_after_five = async {
        while end.page_views.load(Ordering::SeqCst) < 5 {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    let both = futures_util::future::join(trickle(settings, 200.0, stop.clone()), cancel_after_five);
    let (sent, ()) = tokio::time::timeout(Duration::from_secs(20), both)
        .await
        .expect("page views arrive and the trickle stops");
    assert!(sent.expect("stopped").next_visitor >= 4);
}
