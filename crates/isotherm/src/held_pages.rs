//! The reader of answers, with pages in its memory, and what it says of them.

use std::sync::Arc;
use std::time::Duration;

use isotherm_core::reading::CountReader;
use isotherm_service::ops::Ops;
use isotherm_service::tasks::Tasks;
use isotherm_store_clickhouse::{ClickHouseReader, StoreSettings};
use prometheus_client::metrics::gauge::Gauge;

use crate::config::QueryConfig;

/// How often it is said anew how much is held.
const SAID_EVERY: Duration = Duration::from_secs(5);

/// A reader that holds pages and reads them in the background.
pub(crate) fn reader(store: &StoreSettings, query: &QueryConfig, (tasks, ops): (&Tasks, &Ops)) -> Arc<dyn CountReader> {
    let (bytes_max, page_views) = (query.held_bytes_max, query.page_views);
    let reader = ClickHouseReader::with_memory(store, bytes_max);
    let (pages, bytes) = (Gauge::<i64>::default(), Gauge::<i64>::default());
    ops.register(|registry| {
        registry.register("query_held_pages", "Pages held in memory for answers", pages.clone());
        registry.register("query_held_bytes", "Bytes of memory that they take", bytes.clone());
    });
    let (holding, stop) = (reader.clone(), tasks.stop_signal());
    let said = async move {
        let mut refused = false;
        loop {
            tokio::time::sleep(SAID_EVERY).await;
            let held = holding.held();
            pages.set(held.0 as i64);
            bytes.set(held.1 as i64);
            let refused_before = std::mem::replace(&mut refused, bytes_max > 0 && !holding.can_hold());
            if refused && !refused_before {
                tracing::info!(
                    "no page is held in memory: the reading user may not see the server's parts (see `[query] held_bytes_max`)"
                );
            }
        }
    };
    let keeping = reader.clone();
    tasks.spawn("pages in memory", async move {
        let keep = async {
            keeping.keep_pages(page_views).await;
            // Nothing is to be held.
            std::future::pending::<()>().await;
        };
        tokio::select! {
            () = keep => {}
            () = said => {}
            () = stop.cancelled() => {}
        }
    });
    Arc::new(reader)
}
