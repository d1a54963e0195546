//! The collecting role of a cluster: the log on disk, shipped to the topic.

use std::sync::Arc;

use actix_web::web;
use anyhow::Context;
use isotherm_core::Hour;
use isotherm_core::ports::LogError;
use isotherm_core::record::RecordHeader;
use isotherm_ingest::commit::BrokerAck;
use isotherm_log::{DiskLog, Farewell};
use isotherm_log_kafka::{Farewells, KafkaSettings, ShipMetrics, Shipped, Shipper, Source};
use isotherm_service::clock::SystemClock;
use isotherm_service::ops::Ops;
use isotherm_service::tasks::Tasks;
use isotherm_store_clickhouse::{ClickHouseArrivals, ClickHouseControl};
use isotherm_wire::record::{frame, hour_of, pack};

use super::collecting::Known;
use super::{OTHER_ADDRESS, collecting, stop_signal};
use crate::adapters::ShippedAck;
use crate::arguments::RoleArguments;
use crate::arrivals;
use crate::config::Ack;
use crate::control::Control;
use crate::http::serve;
use crate::installation::Installation;
use crate::listening::Listener;

/// `isotherm ingest`.
pub(crate) async fn run(arguments: RoleArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = super::external_store(&installation)?;
    let kafka = installation.kafka()?;
    let _lock = installation.lock()?;
    let (tasks, ops) = (Tasks::new(), Ops::new());
    let control = Control::of_sites(
        Arc::new(ClickHouseControl::new(&store)),
        Some(installation.sites_path()),
    );
    let id_key = control.open().await?;
    let log = collecting::open_log(&installation)?;
    let shipped = ship(&log, kafka, &tasks, &ops)?;
    let broker_ack: Option<Box<dyn BrokerAck>> = match installation.config.ingest.ack {
        Ack::Disk => None,
        Ack::Kafka => Some(Box::new(ShippedAck::new(shipped, log.clone()))),
    };
    let known = Known {
        id_key,
        sites: control.sites.clone(),
    };
    let collecting = collecting::start(&installation, &log, known, broker_ack, (&tasks, &ops))?;
    let news = ClickHouseArrivals::new(&store);
    arrivals::keep_writing(collecting.arrivals.clone(), control.sites.clone(), news, &tasks);
    control.keep_fresh(&tasks, &ops, None);

    let address = arguments
        .listen
        .unwrap_or_else(|| installation.config.ingest.listen.clone());
    let listener = Listener::bind(&address, installation.config.ingest_tls()).context(OTHER_ADDRESS)?;
    let listening = listener.local_addr()?;
    let ops_address = super::start_ops(&installation, &ops, &tasks)?;
    let ingest = collecting.ingest;
    let configure = move |config: &mut web::ServiceConfig| isotherm_ingest::configure(config, ingest.clone());
    let serving = serve(listener, configure, tasks.stop_signal());
    installation.write_run(listening, ops_address)?;
    tracing::info!(listen = %listening, "collecting");
    let ended = super::until_stopped(serving, stop_signal(), &tasks).await;
    installation.remove_run();
    ended
}

/// Starts shipping; says how far it has come.
fn ship(log: &Arc<DiskLog>, kafka: KafkaSettings, tasks: &Tasks, ops: &Ops) -> anyhow::Result<Shipped> {
    let starts = log
        .stats()
        .partitions
        .iter()
        .map(|partition| partition.released)
        .collect();
    let appends = log.clone();
    let mut seen = 0;
    let source = Source {
        log: Box::new(log.reader()),
        starts,
        wait: Box::new(move |at_most| seen = appends.appends().wait(seen, at_most)),
        hour_of,
        farewells: Box::new(GivenUp(log.clone())),
    };
    let metrics = ShipMetrics::default();
    ops.register(|registry| metrics.register(registry));
    let shipper = Shipper::new(kafka, source, Arc::new(SystemClock), metrics)?;
    let (shipped, stop) = (shipper.shipped(), tasks.stop_signal());
    tasks.spawn_thread("ship", move || shipper.run(&stop));
    Ok(shipped)
}

/// What the log on disk gave up unshipped, as the shipper asks for it.
struct GivenUp(Arc<DiskLog>);

impl Farewells for GivenUp {
    fn owed(&mut self) -> Result<Vec<RecordHeader>, LogError> {
        let owed = self.0.farewells();
        let owed = owed.map_err(|error| LogError::Unavailable(error.to_string()))?;
        Ok(owed.iter().map(Farewell::header).collect())
    }

    fn record(&self, header: &RecordHeader, now: Hour) -> Vec<u8> {
        frame(header, &pack(now, &[]))
    }

    fn said(&mut self, header: &RecordHeader) {
        if let Err(error) = self.0.farewell_said(&Farewell::of(header)) {
            tracing::warn!(%error, "a farewell is said again");
        }
    }
}
