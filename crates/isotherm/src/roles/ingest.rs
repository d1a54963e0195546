//! The collecting role of a cluster: the log on disk, shipped to the topic.

use std::sync::Arc;

use actix_web::web;
use isotherm_service::ops::{Ops, listen};
use isotherm_service::tasks::Tasks;
use isotherm_store_clickhouse::ClickHouseControl;

use super::{collecting, stop_signal};
use crate::arguments::RoleArguments;
use crate::control::Control;
use crate::http::serve;
use crate::installation::Installation;

/// `isotherm ingest`.
pub(crate) async fn run(arguments: RoleArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = super::external_store(&installation)?;
    let _lock = installation.lock()?;
    let (tasks, ops) = (Tasks::new(), Ops::new());
    let control = Control::new(
        Arc::new(ClickHouseControl::new(&store)),
        Some(installation.sites_path()),
    );
    let id_key = control.open().await?;
    let collecting = collecting::start(&installation, id_key, control.sites.clone(), &tasks, &ops)?;
    control.keep_fresh(&tasks, &ops);

    let address = arguments
        .listen
        .unwrap_or_else(|| installation.config.ingest.listen.clone());
    let (listener, listening) = listen(&address)?;
    let ops_address = super::start_ops(&installation, &ops, &tasks)?;
    let configure = {
        let ingest = collecting.ingest.clone();
        move |config: &mut web::ServiceConfig| isotherm_ingest::configure(config, ingest.clone())
    };
    let serving = serve(listener, configure, tasks.stop_signal());
    installation.write_run(listening, ops_address)?;
    tracing::info!(listen = %listening, "collecting");
    // The commit loop ends when nothing can reach it any more.
    drop(collecting);
    let ended = super::until_stopped(serving, stop_signal(), &tasks).await;
    installation.remove_run();
    ended
}
