//! `isotherm demo`: the example shop, simulated visitors, the pipeline and the dashboard, on the embedded parts.

mod history;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use isotherm_demo::shop::{ShopSettings, serve};
use isotherm_demo::{COUNTRY_BLOCKS, FillSettings, trickle};
use isotherm_mmdb_writer::write_country_mmdb;
use isotherm_service::ops::listen;
use tokio_util::sync::CancellationToken;

use self::history::History;
use super::{output, site};
use crate::arguments::{DemoArguments, Place};
use crate::installation::Installation;
use crate::roles::stop_signal;
use crate::roles::up::Up;

/// The example shop's site key. It says what its visitors are, wherever it is shown.
const SITE: &str = "simulated-shop";
/// Simulated page views per second once the demo is ready.
const TRICKLE_PER_S: f64 = 3.0;
/// Longest time that the demo fills one day.
const FILL_MAX: Duration = Duration::from_secs(60);
/// A file of the data directory, which says that all days of its history are there.
const WHOLE: &str = "demo-history-is-whole";

/// Runs the demo until it is told to stop.
pub(crate) async fn run(arguments: DemoArguments) -> anyhow::Result<()> {
    let (data_dir, temporary) = data_dir(&arguments)?;
    let result = run_in(&arguments, &data_dir).await;
    if temporary {
        std::fs::remove_dir_all(&data_dir).with_context(|| format!("cannot remove {}", data_dir.display()))?;
    }
    result
}

async fn run_in(arguments: &DemoArguments, data_dir: &Path) -> anyhow::Result<()> {
    let installation = installation(data_dir)?;
    let whole = data_dir.join(WHOLE);
    let history = history(arguments, installation.engine_dir().exists(), whole.exists());
    output::line("Starting the embedded ClickHouse and the pipeline…");
    let up = Up::start(installation.clone(), &format!("127.0.0.1:{}", arguments.port), None).await?;
    let base = format!("http://{}", up.listening()?);
    let (shop_listener, shop_address) = shop_listener(arguments.port)?;
    // Another host name than the service's, so that the shop is another site, as customers' sites are.
    let origin = format!("http://localhost:{}", shop_address.port());
    let added = site::add_to(&up.running.store, SITE, std::slice::from_ref(&origin), &base).await?;
    up.running.control.refresh().await?;

    let shop = ShopSettings {
        tag_html: added.script_tag,
        opt_out_url: format!("{base}/opt-out"),
        api_url: base.clone(),
        token: added.token.clone(),
        site: SITE.into(),
    };
    let server = serve(shop_listener, shop)?;
    let shop_handle = server.handle();
    let settings = FillSettings {
        collect_url: base.clone(),
        origin: origin.clone(),
        site: SITE.into(),
        seed: 1,
        first_visitor: 0,
        page_views: 0,
        time_max: FILL_MAX,
    };
    let stop = CancellationToken::new();
    let visiting = async {
        let filled = history.fill(&settings, &installation, &up.running.store).await?;
        std::fs::write(&whole, "")?;
        output::line(format!(
            "  {} simulated page views, {} beacons\n",
            filled.page_views, filled.beacons
        ));
        tell_ready(&base, &origin, &added.token);
        let next = FillSettings {
            first_visitor: filled.next_visitor,
            ..settings
        };
        trickle(next, TRICKLE_PER_S, stop.clone()).await?;
        anyhow::Ok(())
    };
    let ended = tokio::select! {
        ended = visiting => ended,
        served = server => served.context("the shop's server ended"),
        signalled = stop_signal() => signalled,
    };
    output::line("Stopping…");
    shop_handle.stop(false).await;
    up.stop().await?;
    ended
}

/// All days for a new data directory. What was sealed stays sealed: a demo that goes on with its data goes on today.
fn history(arguments: &DemoArguments, goes_on: bool, is_whole: bool) -> History {
    if !goes_on {
        return History::begin(arguments.days, arguments.page_views);
    }
    if !is_whole {
        output::line(
            "The demo in this data directory was stopped before its days were all there; it goes on without the rest.",
        );
        output::line("For all of them, start it with a new directory.\n");
    }
    History::today_of(arguments.days, arguments.page_views)
}

/// A listener for the shop: the next port, or a free one.
fn shop_listener(port: u16) -> anyhow::Result<(std::net::TcpListener, SocketAddr)> {
    let next = port.checked_add(1).unwrap_or(0);
    let listening = listen(&format!("127.0.0.1:{next}")).or_else(|_| listen("127.0.0.1:0"));
    Ok(listening?)
}

fn data_dir(arguments: &DemoArguments) -> anyhow::Result<(PathBuf, bool)> {
    match &arguments.data_dir {
        Some(dir) => Ok((dir.clone(), false)),
        None => {
            let dir = std::env::temp_dir().join(format!("isotherm-demo-{}", std::process::id()));
            Ok((dir, true))
        }
    }
}

/// The demo's own configuration: the simulated visitors' addresses are believed from loopback, and a small country file
/// gives documentation addresses countries.
fn installation(data_dir: &Path) -> anyhow::Result<Installation> {
    let place = Place {
        config: None,
        data_dir: Some(data_dir.to_owned()),
    };
    let mut installation = Installation::find(&place)?;
    std::fs::create_dir_all(data_dir).with_context(|| format!("cannot make {}", data_dir.display()))?;
    let countries = data_dir.join("countries.mmdb");
    write_country_mmdb(&countries, &COUNTRY_BLOCKS).context("cannot write the demo's country file")?;
    installation.config.geo.mmdb_path = Some(countries);
    installation.config.ingest.trusted_proxies = vec!["127.0.0.1".into()];
    installation.config.ingest.expose_outcome = true;
    Ok(installation)
}

fn tell_ready(base: &str, origin: &str, token: &str) {
    output::line(format!("Dashboard: {base}/#/sites/{SITE}"));
    output::line(format!("Shop: {origin}/"));
    output::line(format!("Heat over the shop: {origin}/heat"));
    output::line(format!("Token: {token}"));
    output::line("\nClick in the shop and look at its heat. All other visitors are simulated. Ctrl-C stops.");
}
