//! One schedule: a scenario with a seed, from an empty topic to the judgement.

use std::collections::BTreeMap;
use std::time::{Duration, Instant as Stopwatch};

use anyhow::{Context, bail, ensure};
use futures_util::future::{try_join, try_join_all};
use isotherm_fault::Point;
use isotherm_testkit::Weather;
use isotherm_testkit::memory::Dice;
use tokio::sync::RwLock;
use tokio::time::{Instant, sleep};

use crate::cluster::Cluster;
use crate::disk::{self, FullDisk};
use crate::hits::Hit;
use crate::judge::{Verdict, judge};
use crate::load::{Fate, Load, Rate};
use crate::outcome::Outcome;
use crate::party::Party;
use crate::scenario::{Around, Bad, Deed, Role, Scenario, Server};
use crate::scenarios::SCENARIOS;
use crate::stages::Stages;
use crate::takeovers::moved_since;
use crate::until::until;
use crate::world::{Hold, World};

/// The load of a schedule: some 50 beacons a second, so that every batch has some in it and the machine has time for what
/// is tried.
const RATE: Rate = Rate {
    senders: 2,
    pause: Duration::from_millis(70),
};
/// How long the fault may take to be met.
const MEET_DEADLINE: Duration = Duration::from_secs(180);
/// How often a newcomer joins until the group's rebalance meets something open.
const JOINS_MAX: u32 = 8;
/// How long a rebalance may take.
const JOINED_WITHIN: Duration = Duration::from_secs(30);
/// How long counting may take to go on everywhere, and to reach the last beacon.
const RECOVERY_DEADLINE: Duration = Duration::from_secs(240);
/// Pause between two looks at the counts.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// Bytes a second of a slow network.
const SLOW_BYTES_PER_S: u32 = 4_000;
/// The fault is met at one of the first so many passages; groups of ingest are forty times as many.
const PASSAGES: u64 = 3;
/// A day, milliseconds: so far is the clock ahead where it is tomorrow already.
const DAY_MS: u64 = 86_400_000;

/// Which schedule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Order {
    /// Index of the scenario.
    pub(crate) scenario: usize,
    pub(crate) seed: u64,
    /// Tells schedules of one world apart.
    pub(crate) number: usize,
    /// Its way to Kafka.
    pub(crate) lane: usize,
    /// Outages last for minutes.
    pub(crate) is_long: bool,
    /// The rule that is left out.
    pub(crate) mutant: Option<&'static str>,
}

/// Runs one schedule to its judgement.
pub(crate) async fn run(world: &RwLock<World>, order: Order) -> Outcome {
    let hold = Hold::take(world, SCENARIOS[order.scenario].is_alone()).await;
    let began = Stopwatch::now();
    let mut outcome = Outcome {
        scenario: order.scenario,
        seed: order.seed,
        mutant: order.mutant,
        open: 0,
        verdict: Verdict::default(),
        back_ms: 0,
        passages: BTreeMap::new(),
        is_long: order.is_long,
        took_ms: 0,
        stages: Stages::begin(),
        problem: None,
    };
    if let Err(error) = play(hold, order, &mut outcome).await {
        outcome.problem = Some(format!("{error:#}"));
    }
    outcome.took_ms = began.elapsed().as_millis() as u64;
    outcome
}

async fn play(mut hold: Hold<'_>, order: Order, outcome: &mut Outcome) -> anyhow::Result<()> {
    hold.recover().await?;
    let name = format!("chaos_{}", order.number);
    outcome.stages.over("wait for others");
    let scenario = SCENARIOS[order.scenario];
    let mut cluster = Cluster::prepare(&hold, &name, scenario.role.beside()).await?;
    outcome.stages.over("prepare");
    let mut dice = Dice::new(order.seed ^ (order.scenario as u64) << 32);
    let sort = cluster.of_role(scenario.role);
    let armed = sort[dice.index(sort.len())];
    for party in &mut cluster.parties {
        let mutant = order.mutant.map(|mutant| ("ISOTHERM_MUTANT", mutant.to_owned()));
        party.variables.extend(mutant);
    }
    match scenario.around {
        Around::Network(Server::ClickHouse, _) => {
            let url = format!("http://{}", cluster.store_way.address());
            cluster.parties[armed].variables.push(("ISOTHERM_CLICKHOUSE__URL", url));
        }
        Around::Network(Server::Kafka, _) => {
            let brokers = hold.kafka.way(order.lane).address().to_string();
            cluster.parties[armed]
                .variables
                .push(("ISOTHERM_KAFKA__BROKERS", brokers));
        }
        Around::DiskFull => cluster.parties[armed].small_disk = true,
        Around::TakeoverPastMidnight => {
            for other in sort.into_iter().filter(|other| *other != armed) {
                let ahead = ("ISOTHERM_CLOCK_AHEAD_MS", DAY_MS.to_string());
                cluster.parties[other].variables.push(ahead);
            }
        }
        _ => {}
    }
    let mut schedule = Schedule {
        hold,
        order,
        scenario,
        cluster,
        load: Load::none(),
        dice,
        armed,
        looked_at: Instant::now(),
        full_disk: None,
    };
    let played = schedule.play(outcome).await;
    schedule.note(outcome)?;
    if let Err(error) = played {
        if order.mutant.is_none() {
            schedule.keep_traces()?;
        }
        return Err(error);
    }
    schedule.cluster.counted.drop_database().await?;
    // The next schedule has its own; what it leaves behind is disk.
    std::fs::remove_dir_all(&schedule.cluster.dir)?;
    outcome.stages.over("clear up");
    Ok(())
}

struct Schedule<'w> {
    hold: Hold<'w>,
    order: Order,
    scenario: Scenario,
    cluster: Cluster,
    load: Load,
    dice: Dice,
    armed: usize,
    looked_at: Instant,
    full_disk: Option<FullDisk>,
}

impl Schedule<'_> {
    async fn play(&mut self, outcome: &mut Outcome) -> anyhow::Result<()> {
        self.start()?;
        // Side by side: the site is known soon after both.
        try_join(self.cluster.add_site(), self.cluster.ingests_answer()).await?;
        outcome.stages.over("start");
        self.load = Load::start(&self.cluster.ports(), RATE)?;
        self.before().await?;
        outcome.stages.over("lead up");
        let (party, hit) = match self.scenario.around {
            Around::Join => self.meet_joining().await?,
            _ => self.meet(self.scenario.point, MEET_DEADLINE).await?,
        };
        outcome.stages.over("meet");
        outcome.open = hit.open;
        // Whoever met it is brought back when it is time; the others that had the same plan, as soon as they are gone.
        self.armed = party;
        let fault_at = Instant::now();
        self.meanwhile(party, fault_at).await?;
        outcome.stages.over("meanwhile");
        self.revive(party, fault_at).await?;
        outcome.stages.over("revive");
        let back_at = self.all_pages_move(fault_at).await?;
        outcome.stages.over("back");
        outcome.back_ms = back_at.duration_since(fault_at).as_millis() as u64;
        self.finish(outcome).await
    }

    /// The plan of the scenario: the point at one of its first passages.
    fn plan(&mut self) -> String {
        let point = self.scenario.point;
        let is_rare = matches!(
            point,
            Point::RedoBegun
                | Point::RedoBuilt
                | Point::Revoked
                | Point::AppendRefused
                | Point::PublishBefore
                | Point::PublishAfter
        );
        let nth = match point {
            _ if is_rare => 1,
            Point::AppendBefore | Point::AppendAfter => 1 + self.dice.below(40 * PASSAGES),
            _ => 1 + self.dice.below(PASSAGES),
        };
        format!("{point}:{nth}:{}", self.scenario.deed_name())
    }

    fn start(&mut self) -> anyhow::Result<()> {
        let plan = self.plan();
        let aggregators = self.cluster.of_role(Role::Aggregate);
        for index in 0..self.cluster.parties.len() {
            let own = match self.scenario.around {
                Around::KilledBefore(first) if index == self.armed => Some(format!("{first}:2:kill")),
                Around::KilledBefore(_) if aggregators.contains(&index) => Some(plan.clone()),
                // Whoever gives partitions to the newcomer has the plan.
                Around::Join if aggregators.contains(&index) => Some(plan.clone()),
                _ => (index == self.armed).then(|| plan.clone()),
            };
            self.cluster.parties[index].start(own.as_deref())?;
        }
        Ok(())
    }

    /// What leads up to the fault.
    async fn before(&mut self) -> anyhow::Result<()> {
        match self.scenario.around {
            Around::KilledBefore(first) => {
                let (party, _) = self.meet(first, MEET_DEADLINE).await?;
                let plan = self.plan();
                self.restart(party, Some(&plan)).await
            }
            Around::DiskFull => {
                let party = &self.cluster.parties[self.armed];
                let pid = party.pid().context("the ingest runs")?;
                self.full_disk = Some(disk::fill(pid, &party.data_dir())?);
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// A newcomer joins, and again: what goes to it may have nothing open at that moment.
    async fn meet_joining(&mut self) -> anyhow::Result<(usize, Hit)> {
        let newcomer = self.cluster.add(Role::Aggregate)?;
        for left in (0..JOINS_MAX).rev() {
            self.all_pages_move(Instant::now()).await?;
            self.cluster.parties[newcomer].start(None)?;
            match self.meet(self.scenario.point, JOINED_WITHIN).await {
                Err(_) if left > 0 => self.cluster.parties[newcomer].stop().await?,
                met => return met,
            }
        }
        bail!("nobody joined")
    }

    /// Waits until somebody did the deed at a point with something open.
    async fn meet(&mut self, point: Point, deadline: Duration) -> anyhow::Result<(usize, Hit)> {
        let parties = &mut self.cluster.parties;
        until(deadline, "the fault is met", async || {
            for (index, party) in parties.iter_mut().enumerate() {
                party.hits.refresh()?;
                if let Some(hit) = party.hits.all.iter().find(|hit| hit.did && hit.point == point) {
                    ensure!(hit.open > 0, "nothing was open at the fault");
                    return Ok(Some((index, hit.clone())));
                }
            }
            Ok(None)
        })
        .await
        .with_context(|| format!("at {point}"))
    }

    /// What happens while the party is halted; then it goes on.
    async fn meanwhile(&mut self, party: usize, fault_at: Instant) -> anyhow::Result<()> {
        let away = Duration::from_millis(if self.order.is_long {
            60_000 + self.dice.below(90_000)
        } else {
            500 + self.dice.below(2_500)
        });
        match self.scenario.around {
            Around::Takeover | Around::TakeoverPastMidnight => {
                self.all_pages_move(fault_at).await?;
            }
            Around::BrokerStopped | Around::BrokerKilled | Around::StoreKilled => self.outage(party, away).await?,
            Around::Network(server, bad) => self.bad_network(party, (server, bad), away).await?,
            Around::DiskFull => {
                sleep(away.min(Duration::from_secs(3))).await;
                if let Some(disk) = self.full_disk.take() {
                    disk.free()?;
                }
            }
            Around::Nothing | Around::Join | Around::KilledBefore(_) => {}
        }
        if self.scenario.deed == Deed::Stop {
            self.cluster.parties[party].resume();
        }
        Ok(())
    }

    /// A server goes away for a while; the party goes on as soon as it is gone.
    async fn outage(&mut self, party: usize, away: Duration) -> anyhow::Result<()> {
        let around = self.scenario.around;
        let world = self.hold.servers()?;
        match around {
            Around::BrokerStopped => world.kafka.stop().await,
            Around::BrokerKilled => world.kafka.kill().await,
            _ => world.clickhouse.kill().await,
        }
        self.cluster.parties[party].resume();
        sleep(away).await;
        match around {
            Around::StoreKilled => world.clickhouse.restart().await?,
            _ => world.kafka.restart().await?,
        }
        Ok(())
    }

    /// The network turns bad while the party is halted, and clears after it went on.
    async fn bad_network(&mut self, party: usize, (server, bad): (Server, Bad), away: Duration) -> anyhow::Result<()> {
        let weather = match bad {
            Bad::Cut => Weather::Cut,
            Bad::Silent => Weather::Silent,
            Bad::Slow => Weather::Slow {
                bytes_per_s: SLOW_BYTES_PER_S,
            },
        };
        let way = match server {
            Server::Kafka => self.hold.kafka.way(self.order.lane),
            Server::ClickHouse => &self.cluster.store_way,
        };
        way.set(weather);
        self.cluster.parties[party].resume();
        sleep(away).await;
        way.set(Weather::Clear);
        Ok(())
    }

    /// Brings whoever was killed back: at once, a little later, or when others have taken over.
    async fn revive(&mut self, party: usize, fault_at: Instant) -> anyhow::Result<()> {
        if self.scenario.deed != Deed::Kill {
            return Ok(());
        }
        match (self.scenario.role, self.dice.below(3)) {
            (_, 0) => {}
            (Role::Aggregate, 1) => {
                self.all_pages_move(fault_at).await?;
            }
            _ => sleep(Duration::from_millis(self.dice.below(2_000))).await,
        }
        self.restart(party, None).await
    }

    /// Starts a party again that was killed by its plan.
    async fn restart(&mut self, party: usize, plan: Option<&str>) -> anyhow::Result<()> {
        let party = &mut self.cluster.parties[party];
        until(MEET_DEADLINE, "a killed process is gone", async || {
            Ok(party.is_gone()?.then_some(()))
        })
        .await?;
        party.start(plan)
    }

    /// Waits until something newer than `since` is counted on every page; says since when.
    async fn all_pages_move(&mut self, since: Instant) -> anyhow::Result<Instant> {
        let deadline = Instant::now() + RECOVERY_DEADLINE;
        loop {
            self.look().await?;
            if let Some(at) = moved_since(&self.load.posted(), &self.cluster.counted.cells, since) {
                return Ok(at);
            }
            ensure!(Instant::now() < deadline, "counting does not go on everywhere");
        }
    }

    /// Looks at the counts and at the processes, not too often.
    async fn look(&mut self) -> anyhow::Result<()> {
        tokio::time::sleep_until(self.looked_at + LOOK_EVERY).await;
        self.looked_at = Instant::now();
        let is_shared = matches!(self.scenario.around, Around::KilledBefore(_) | Around::Join);
        for (index, party) in self.cluster.parties.iter_mut().enumerate() {
            let pid = party.pid();
            if let Some(status) = party.ended()? {
                party.hits.refresh()?;
                let by_plan = party.hits.all.iter().any(|hit| hit.did && Some(hit.pid) == pid);
                ensure!(by_plan, "{:?} {index} died by itself: {status}", party.role);
                if is_shared && index != self.armed {
                    party.start(None)?;
                }
            }
        }
        // Everything below was counted before; the judgement looks at all of it again.
        let (posted, cells) = (self.load.posted(), &self.cluster.counted.cells);
        let waits = |number: &usize| posted[*number].fate == Fate::Admitted && !cells.contains_key(number);
        let from = (0..posted.len()).find(waits).unwrap_or(posted.len());
        self.cluster.counted.refresh_from(from).await
    }

    /// Everything admitted is counted, everybody stops, and the sums are right.
    async fn finish(&mut self, outcome: &mut Outcome) -> anyhow::Result<()> {
        self.cluster.ingests_answer().await?;
        self.load.stop().await;
        let posted = self.load.posted();
        let deadline = Instant::now() + RECOVERY_DEADLINE;
        loop {
            self.look().await?;
            outcome.verdict = judge(&posted, &self.cluster.counted.cells);
            if outcome.verdict.lost == 0 {
                break;
            }
            if Instant::now() >= deadline {
                bail!("admitted beacons are not counted: {:?}", outcome.verdict);
            }
        }
        outcome.stages.over("drain");
        // Side by side, as in a cluster that is shut down.
        try_join_all(self.cluster.parties.iter_mut().map(Party::stop)).await?;
        outcome.stages.over("stop");
        self.cluster.counted.refresh().await?;
        outcome.verdict = judge(&posted, &self.cluster.counted.cells);
        ensure!(
            outcome.verdict.is_right(),
            "the totals are wrong: {:?}",
            outcome.verdict
        );
        self.cluster.verify().await?;
        outcome.stages.over("verify");
        self.led_where_it_must()
    }

    /// What must follow from the fault was met as well.
    fn led_where_it_must(&mut self) -> anyhow::Result<()> {
        let Some(point) = self.scenario.leads_to() else {
            return Ok(());
        };
        let party = &mut self.cluster.parties[self.armed];
        party.hits.refresh()?;
        let is_met = party.hits.all.iter().any(|hit| hit.point == point);
        ensure!(is_met, "{point} was never met");
        Ok(())
    }

    /// Counts the passages.
    fn note(&mut self, outcome: &mut Outcome) -> anyhow::Result<()> {
        for party in &mut self.cluster.parties {
            party.hits.refresh()?;
            for hit in party.hits.all.iter().filter(|hit| hit.open > 0) {
                *outcome.passages.entry(hit.point).or_default() += 1;
            }
        }
        Ok(())
    }

    /// Keeps what the processes said, for whoever looks for the reason.
    fn keep_traces(&self) -> anyhow::Result<()> {
        let kept = self.hold.binary.with_file_name("traces");
        let kept = kept.join(format!("{}-{}", self.order.scenario, self.order.seed));
        std::fs::create_dir_all(&kept)?;
        for (index, party) in self.cluster.parties.iter().enumerate() {
            std::fs::write(kept.join(format!("party-{index}.log")), party.last_words(2_000))?;
            // Whoever never began has no notes.
            let _ = std::fs::copy(&party.hits.path, kept.join(format!("party-{index}.hits")));
        }
        Ok(())
    }
}
