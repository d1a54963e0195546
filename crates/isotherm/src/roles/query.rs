//! The answering part of `up`, and the role of a cluster.

use std::sync::Arc;

use actix_web::web;
use anyhow::Context;
use isotherm_core::ids::IdKey;
use isotherm_core::reading::CountReader;
use isotherm_core::thresholds::Thresholds;
use isotherm_geo::TrustedProxies;
use isotherm_query::desk::Desk;
use isotherm_query::{QuerySettings, StatusSource};
use isotherm_service::clock::SystemClock;
use isotherm_service::ops::Ops;
use isotherm_service::tasks::Tasks;
use isotherm_store_clickhouse::{ClickHouseArrivals, ClickHouseControl, Sealer, StoreSettings};

use super::{OTHER_ADDRESS, stop_signal};
use crate::adapters::TableAccess;
use crate::affairs::ControlAffairs;
use crate::arguments::RoleArguments;
use crate::arrivals::StoredStatus;
use crate::control::{AccessTable, Control};
use crate::dashboard;
use crate::held_pages;
use crate::http::serve;
use crate::installation::Installation;
use crate::listening::{Listener, admits};
use crate::privacy::{self, Privacy};
use crate::store_watch;
use crate::verify_watch;

/// What answers need.
pub(crate) fn settings(
    installation: &Installation,
    reader: Arc<dyn CountReader>,
    id_key: IdKey,
    table: AccessTable,
    status: Arc<dyn StatusSource>,
) -> anyhow::Result<web::Data<QuerySettings>> {
    let query = &installation.config.query;
    let trusted_proxies = TrustedProxies::parse(&installation.config.ingest.trusted_proxies)?;
    Ok(web::Data::new(QuerySettings {
        reader,
        access: Arc::new(TableAccess::new(table, trusted_proxies, query.allow_ip.clone())),
        id_key,
        thresholds: Thresholds::new(query.k, query.page_views)?,
        clock: Arc::new(SystemClock),
        status,
        pictures: isotherm_query::Pictures::default(),
    }))
}

/// What the dashboard may change.
pub(crate) fn desk(installation: &Installation, store: &StoreSettings, control: &Control) -> web::Data<Desk> {
    web::Data::new(Desk(Box::new(ControlAffairs {
        control: control.clone(),
        installation: installation.clone(),
        sealer: Sealer::new(store, Arc::new(SystemClock)),
    })))
}

/// `isotherm query`.
pub(crate) async fn run(arguments: RoleArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = super::external_store(&installation)?;
    let (tasks, ops) = (Tasks::new(), Ops::new());
    let control = Control::new(Arc::new(ClickHouseControl::new(&store)), None);
    let id_key = control.open_patiently().await;
    control.keep_fresh(&tasks, &ops, Some("query"));
    store_watch::keep_checking(&store, &tasks, &ops);
    verify_watch::keep_verifying(&store, &tasks, &ops);
    let status = StoredStatus::default();
    status.keep_fresh(ClickHouseArrivals::new(&store), SystemClock, &tasks);
    let reader = held_pages::reader(&store, &installation.config.query, (&tasks, &ops));
    let settings = settings(&installation, reader, id_key, control.access.clone(), Arc::new(status))?;

    let address = arguments
        .listen
        .unwrap_or_else(|| installation.config.query.listen.clone());
    let listener = Listener::bind(&address, installation.config.query_tls()).context(OTHER_ADDRESS)?;
    let listening = listener.local_addr()?;
    super::start_ops(&installation, &ops, &tasks)?;
    let desk = desk(&installation, &store, &control);
    // This role has no opt-out page: it is where the script comes from.
    let opt_out = installation
        .config
        .public
        .url
        .as_ref()
        .map(|url| format!("{}/opt-out", url.trim_end_matches('/')));
    let privacy = Privacy::of(&store, opt_out);
    let analysts = admits(&installation.config.query.allow_ip, &installation.config)?;
    let configure = move |config: &mut web::ServiceConfig| {
        isotherm_query::desk::configure(config, settings.clone(), desk.clone());
        isotherm_query::configure(config, settings.clone());
        privacy::configure(config, privacy.clone());
        dashboard::configure(config, analysts.clone());
    };
    let serving = serve(listener, configure, tasks.stop_signal());
    tracing::info!(listen = %listening, "answering");
    super::until_stopped(serving, stop_signal(), &tasks).await
}
