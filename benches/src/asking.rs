//! Questions for heat: through the API on sealed counts, and as PostHog asks its table of clicks, on the same clicks in the
//! same engine.

mod fill;
mod store;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use isotherm_core::Day;
use isotherm_core::cohort::{month_of, months_closed_before};
use isotherm_core::ports::Clock;
use isotherm_service::clock::SystemClock;

use crate::numbers::{Runs, Times};
use crate::process::{Running, pinned};
use crate::random::Random;

pub(crate) use self::store::MEMORY_BYTES;
use self::store::Store;

/// Clicks of the first size.
pub(crate) const CLICKS: u64 = 10_000_000;
/// The second size is so many times the first: other sites with the same counts beside the one that is asked for.
pub(crate) const COPIES: u64 = 10;
/// What an operator of the second size gives the role: room for all of it. The first one is asked as it ships.
pub(crate) const HELD_OF_MANY: &str = "held_bytes_max = 1073741824\n";
/// Days over which the clicks lie.
pub(crate) const DAYS: u16 = 30;
/// Pages of the site.
pub(crate) const PAGES: u16 = 2_000;
/// Questions of each size.
pub(crate) const QUESTIONS: usize = 200;
/// Days of a question's window, drawn evenly.
pub(crate) const WINDOWS: [u16; 3] = [7, 14, 30];
/// The site that is asked for.
const SITE: &str = "bench";
/// Names of viewport classes, with the widths in units of 16 px that the peer compares; all of them in half of the questions.
const VIEWPORTS: [(&str, u16, u16); 6] = [
    ("phone", 0, 29),
    ("phone-large", 30, 47),
    ("tablet", 48, 63),
    ("laptop", 64, 79),
    ("desktop", 80, 95),
    ("wide", 96, 400),
];
/// Starting takes at most this long.
const DEADLINE: Duration = Duration::from_secs(60);
/// Reading pages ahead takes at most this long, and is over when no further one came for so long: twice as long as the role
/// waits before it begins.
const AHEAD_DEADLINE: Duration = Duration::from_secs(1_800);
const AHEAD_QUIET: Duration = Duration::from_secs(20);

/// What was found at one size.
pub(crate) struct Size {
    /// Clicks in the tables.
    pub(crate) clicks: u64,
    /// Answers of the API as it ships, with pages in its memory.
    pub(crate) own: Side,
    /// The same answers by a role that holds none, and asks the engine each time.
    pub(crate) asked: Side,
    /// Answers of the peer's table.
    pub(crate) peer: Side,
    /// From the same questions to whole pictures.
    pub(crate) pictures: Times,
    /// Pages in memory before the first question, and their bytes.
    pub(crate) held: (u64, u64),
}

/// One side's answers.
pub(crate) struct Side {
    /// From the question to the whole answer.
    pub(crate) times: Times,
    /// Rows that the engine read for each, in the order of the questions.
    pub(crate) rows: Vec<u64>,
    /// Bytes on the disk for each click: `days` and `countries` together, or the peer's table.
    pub(crate) bytes_per_click: f64,
}

/// Everything that was found.
pub(crate) struct Asking {
    /// Both sizes.
    pub(crate) sizes: Vec<Size>,
    /// How long sealing all landings took.
    pub(crate) sealing: Duration,
}

impl Size {
    /// How many times more rows the peer reads than who holds no page: the median of the ratios of single questions.
    pub(crate) fn fewer(&self) -> f64 {
        let pairs = self.peer.rows.iter().zip(&self.asked.rows);
        Runs::new(pairs.map(|(peer, own)| *peer as f64 / (*own).max(1) as f64)).median()
    }
}

/// `isotherm query` as it is asked.
struct Api {
    _service: Running,
    url: String,
    metrics: String,
    token: String,
}

struct Question {
    page: u16,
    from: Day,
    to: Day,
    viewport: Option<(&'static str, u16, u16)>,
}

/// Fills an engine, seals, asks, fills it with copies, and asks again.
pub(crate) async fn measure(dir: &Path, isotherm: &Path) -> anyhow::Result<Asking> {
    std::fs::create_dir_all(dir)?;
    // The engine is started in a folder of its own.
    let isotherm = &isotherm.canonicalize()?;
    let store = Store::start(&dir.join("engine"), isotherm).await?;
    let token = fill::site(&store, SITE).await?;
    fill::landings(&store, SITE).await?;
    let started = Instant::now();
    let config = dir.join("isotherm.toml");
    std::fs::write(&config, store.config((1, 1), ""))?;
    let mut seal = Command::new(isotherm);
    seal.args(["seal", "--config"]).arg(&config).stdout(Stdio::null());
    anyhow::ensure!(seal.status()?.success(), "`isotherm seal` failed");
    let sealing = started.elapsed();
    let mut sizes = Vec::new();
    for (copies, more) in [(1, ""), (COPIES, HELD_OF_MANY)] {
        fill::copies(&store, SITE, copies).await?;
        store.settle().await?;
        let own = Api::start(&store, (dir, "own"), isotherm, (&token, more)).await?;
        let asked = Api::start(&store, (dir, "asked"), isotherm, (&token, "held_bytes_max = 0\n")).await?;
        let held = own.until_read_ahead(&store).await?;
        let found = size(&store, (&own, &asked), copies, held).await?;
        // Said at once: what comes after it takes long, and may fail.
        let [ours, theirs] = [&found.own, &found.peer].map(|side| [0.5, 0.99].map(|share| side.times.within_ms(share)));
        let bytes = (found.own.bytes_per_click, found.peer.bytes_per_click);
        let clicks = found.clicks;
        writeln!(
            std::io::stderr(),
            "  {clicks} clicks: ms {ours:.1?} beside {theirs:.1?}, bytes {bytes:.2?}"
        )?;
        sizes.push(found);
    }
    store.stop().await;
    Ok(Asking { sizes, sealing })
}

async fn size(store: &Store, (api, bare): (&Api, &Api), copies: u64, held: (u64, u64)) -> anyhow::Result<Size> {
    let (questions, clicks) = (questions(), CLICKS * copies);
    let [mut own, mut asked, mut peer] = [(); 3].map(|()| (Vec::new(), Vec::new()));
    let mut pictures = Vec::new();
    let mut rows = store.rows_read().await?;
    for question in &questions {
        let mut note = async |side: &mut (Vec<Duration>, Vec<u64>), took: Duration| {
            let now = store.rows_read().await?;
            side.0.push(took);
            side.1.push(now - rows);
            rows = now;
            anyhow::Ok(())
        };
        let (took, answer) = api.ask(store, question, "application/json").await?;
        note(&mut own, took).await?;
        let (took, same) = bare.ask(store, question, "application/json").await?;
        note(&mut asked, took).await?;
        anyhow::ensure!(
            answer == same,
            "what is held in memory answers otherwise than the engine"
        );
        let took = ask_peer(store, question).await?;
        note(&mut peer, took).await?;
        pictures.push(api.ask(store, question, "image/png").await?.0);
    }
    let bytes = store.bytes(&["isotherm.days", "isotherm.countries"]).await?;
    let side = |(times, rows): (Vec<Duration>, Vec<u64>), bytes: u64| Side {
        times: Times::new(times),
        rows,
        bytes_per_click: bytes as f64 / clicks as f64,
    };
    Ok(Size {
        clicks,
        own: side(own, bytes),
        asked: side(asked, bytes),
        peer: side(peer, store.bytes(&["bench.heatmaps"]).await?),
        pictures: Times::new(pictures),
        held,
    })
}

/// Pages as visitors choose them, windows that end on the last sealed day, every other question of one viewport class.
fn questions() -> Vec<Question> {
    let (mut random, last) = (Random::new(31), last_day());
    (0..QUESTIONS)
        .map(|number| Question {
            page: (f64::from(PAGES).powf(random.share()) - 1.0) as u16,
            from: Day(last.0 + 1 - WINDOWS[number % WINDOWS.len()]),
            to: last,
            viewport: (number % 2 == 0).then(|| VIEWPORTS[random.below(VIEWPORTS.len() as u64) as usize]),
        })
        .collect()
}

/// The last day of the clicks: the middle of the last month that is over, so that sealing, which goes on to what may be sealed
/// today, publishes both months in which they lie.
fn last_day() -> Day {
    let sealable = Day(Day::of_unix_ms(SystemClock.unix_ms()).0 - 3);
    let last_of_month = Day(months_closed_before(sealable).0 - 1);
    Day(month_of(last_of_month).0 + 14)
}

impl Api {
    /// Starts the role with its configuration and waits until it answers.
    async fn start(
        store: &Store,
        (dir, name): (&Path, &str),
        isotherm: &Path,
        (token, more): (&str, &str),
    ) -> anyhow::Result<Api> {
        let free = || anyhow::Ok(std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port());
        let (port, ops) = (free()?, free()?);
        let config = dir.join(format!("{name}.toml"));
        std::fs::write(&config, store.config((port, ops), more))?;
        let output = std::fs::File::create(dir.join(format!("{name}.log")))?;
        let mut query = pinned(isotherm);
        query.args(["query", "--config"]).arg(&config);
        let api = Api {
            _service: Running(query.stdout(Stdio::null()).stderr(output).spawn()?),
            url: format!("http://127.0.0.1:{port}/api/v1/sites/{SITE}"),
            metrics: format!("http://127.0.0.1:{ops}/metrics"),
            token: token.to_owned(),
        };
        let started = Instant::now();
        while started.elapsed() < DEADLINE {
            let asked = store
                .client
                .get(format!("{}/pages", api.url))
                .bearer_auth(token)
                .send()
                .await;
            if asked.is_ok_and(|answer| answer.status().is_success()) {
                return Ok(api);
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        None.context("`isotherm query` did not answer in time")
    }

    /// Waits until it has read the most viewed pages into memory; how many they are, and their bytes.
    async fn until_read_ahead(&self, store: &Store) -> anyhow::Result<(u64, u64)> {
        let (started, mut known, mut since) = (Instant::now(), (0, 0), Instant::now());
        while started.elapsed() < AHEAD_DEADLINE {
            let text = store.client.get(&self.metrics).send().await?.text().await?;
            let of = |name: &str| {
                text.lines()
                    .find_map(|line| line.strip_prefix(name)?.trim().parse().ok())
            };
            let now = (of("isotherm_query_held_pages "), of("isotherm_query_held_bytes "));
            let now = now.0.zip(now.1).context("the role does not say what it holds")?;
            if now != known {
                (known, since) = (now, Instant::now());
            }
            if known.0 > 0 && since.elapsed() > AHEAD_QUIET {
                return Ok(known);
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        None.context("no page was read into memory")
    }

    async fn ask(&self, store: &Store, question: &Question, form: &str) -> anyhow::Result<(Duration, Vec<u8>)> {
        let started = Instant::now();
        let (from, to) = (
            fill::date(question.from)?.to_string(),
            fill::date(question.to)?.to_string(),
        );
        let page = format!("/pages/page-{}", question.page);
        let request = store
            .client
            .get(format!("{}/heatmap", self.url))
            .bearer_auth(&self.token);
        let mut request = request.query(&[
            ("page", page.as_str()),
            ("layer", "click"),
            ("from", &from),
            ("to", &to),
        ]);
        if let Some((viewport, _, _)) = question.viewport {
            request = request.query(&[("viewport", viewport)]);
        }
        let answer = request.header("Accept", form).send().await?;
        anyhow::ensure!(answer.status().is_success(), "the API answered {}", answer.status());
        let bytes = answer.bytes().await?;
        Ok((started.elapsed(), bytes.into()))
    }
}

async fn ask_peer(store: &Store, question: &Question) -> anyhow::Result<Duration> {
    let started = Instant::now();
    let (least, most) = question.viewport.map_or((0, 400), |(_, least, most)| (least, most));
    let parameters = [
        ("from", fill::date(question.from)?.to_string()),
        ("to", fill::date(question.to)?.to_string()),
        ("least", least.to_string()),
        ("most", most.to_string()),
        (
            "address",
            format!("https://www.example.com/pages/page-{}", question.page),
        ),
    ];
    store
        .run(include_str!("../queries/peer_question.sql"), &parameters)
        .await?;
    Ok(started.elapsed())
}
