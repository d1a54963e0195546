//! The operations listener over HTTP.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use isotherm_service::ops::{Ops, listen};
use prometheus_client::metrics::counter::Counter;
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn health_readiness_metrics_and_reload_answer() {
    let ops = Ops::new();
    let counter: Counter = Counter::default();
    ops.register(|registry| registry.register("beacons", "Beacons", counter.clone()));
    counter.inc();
    ops.set_ready("log", Err("is opening".into()));
    let reloads = Arc::new(AtomicUsize::new(0));
    let counted = reloads.clone();
    ops.on_reload(Arc::new(move || {
        counted.fetch_add(1, Ordering::SeqCst);
        Box::pin(async { Ok(()) })
    }));

    let (listener, address) = listen("127.0.0.1:0").expect("a free port");
    let stop = CancellationToken::new();
    let serving = ops.clone().serve(listener, stop.clone());
    let asking = async {
        let get = async |path: &str| {
            let answer = reqwest::get(format!("http://{address}{path}"))
                .await
                .expect("an answer");
            (answer.status().as_u16(), answer.text().await.expect("a body"))
        };
        assert_eq!(get("/healthz").await.0, 200);
        assert_eq!(get("/readyz").await, (503, "log: is opening\n".to_owned()));
        ops.set_ready("log", Ok(()));
        assert_eq!(get("/readyz").await.0, 200);
        ops.set_alarm("log", Some("is a day old".into()));
        let alarmed = (200, "ready\nalarm: log: is a day old\n".to_owned());
        assert_eq!(
            get("/readyz").await,
            alarmed,
            "an alarm is named and takes nothing out of service"
        );
        ops.set_alarm("log", None);
        assert_eq!(get("/readyz").await, (200, "ready\n".to_owned()));
        let (status, text) = get("/metrics").await;
        assert_eq!(status, 200);
        assert!(text.contains("isotherm_beacons_total 1"), "{text}");
        let reloaded = reqwest::Client::new()
            .post(format!("http://{address}/-/reload"))
            .send()
            .await
            .expect("an answer");
        assert_eq!((reloaded.status().as_u16(), reloads.load(Ordering::SeqCst)), (204, 1));
        stop.cancel();
    };
    let (served, ()) = tokio::join!(serving, asking);
    served.expect("a clean stop");
}
