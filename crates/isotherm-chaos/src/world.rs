//! What schedules share: one Kafka, one ClickHouse, the binary under test. Whoever stops one of the servers is alone.

use std::ops::Deref;
use std::path::PathBuf;

use anyhow::Context;
use isotherm_testkit::{ClickHouseServer, Kafka, TempDir, mmdb, temp_dir};
use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// The servers.
pub(crate) struct World {
    pub(crate) kafka: Kafka,
    pub(crate) clickhouse: ClickHouseServer,
    pub(crate) binary: PathBuf,
    pub(crate) mmdb: PathBuf,
    // Last, so that it goes after what lies in it.
    pub(crate) dir: TempDir,
}

impl World {
    /// Starts both servers; Kafka with a way for each lane.
    pub(crate) async fn start(binary: PathBuf, lanes: usize) -> anyhow::Result<World> {
        let dir = temp_dir();
        let mmdb = dir.path().join("countries.mmdb");
        mmdb::write_country_mmdb(&mmdb, &[("198.51.100.0/24", "FR")])?;
        let (kafka, clickhouse) = tokio::join!(Kafka::start_with_ways(lanes), ClickHouseServer::start());
        Ok(World {
            kafka: kafka.context("Kafka")?,
            clickhouse: clickhouse.context("ClickHouse")?,
            binary,
            mmdb,
            dir,
        })
    }
}

/// A schedule's hold on the world.
pub(crate) enum Hold<'w> {
    Shared(RwLockReadGuard<'w, World>),
    Alone(RwLockWriteGuard<'w, World>),
}

impl<'w> Hold<'w> {
    pub(crate) async fn take(world: &'w RwLock<World>, alone: bool) -> Hold<'w> {
        if alone {
            Hold::Alone(world.write().await)
        } else {
            Hold::Shared(world.read().await)
        }
    }

    /// Brings back what an earlier schedule could not.
    pub(crate) async fn recover(&mut self) -> anyhow::Result<()> {
        let Hold::Alone(world) = self else { return Ok(()) };
        if world.kafka.pid().is_none() {
            world.kafka.restart().await?;
        }
        if world.clickhouse.pid().is_none() {
            world.clickhouse.restart().await?;
        }
        Ok(())
    }

    /// The servers, for whoever is alone with them.
    pub(crate) fn servers(&mut self) -> anyhow::Result<&mut World> {
        match self {
            Hold::Alone(world) => Ok(&mut *world),
            Hold::Shared(_) => anyhow::bail!("only a schedule that is alone may stop a server"),
        }
    }
}

impl Deref for Hold<'_> {
    type Target = World;

    fn deref(&self) -> &World {
        match self {
            Hold::Shared(world) => world,
            Hold::Alone(world) => world,
        }
    }
}
