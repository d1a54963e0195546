//! One search of one installation, whole: started, sent to, counted, swept, judged.

use std::path::Path;
use std::time::Instant;

use anyhow::ensure;

use crate::canary::{Canaries, Kind};
use crate::client::{Refused, send_all};
use crate::house::{House, Shape};
use crate::leaks::{LEAKS, Leak};
use crate::search::{Hit, Search};
use crate::sinks::{CONSUMED, Swept, TOPIC, sweep};

/// Tables of the engine that are read in two formats each, its own included; there are more than a hundred.
const TABLES_MIN: usize = 100;
/// Where the payload of a record that cannot be decoded lies, because that is where it was sent.
const PAYLOAD_SINKS: [&str; 3] = [TOPIC, CONSUMED, "memory of the broker"];

/// What the search of an installation as everybody runs it found.
#[derive(Debug)]
pub struct Clean {
    /// Its shape.
    pub shape: Shape,
    /// Which values.
    pub seed: u64,
    /// How many.
    pub values: usize,
    /// How many in all their forms.
    pub patterns: usize,
    /// Page views that were counted.
    pub page_views: usize,
    /// Everything that was searched.
    pub swept: Swept,
    /// How long it took, seconds.
    pub seconds: u64,
}

/// What the search of an installation that leaks found.
#[derive(Debug)]
pub struct Leaking {
    /// Its shape.
    pub shape: Shape,
    /// Leaks that were planted.
    pub planted: usize,
    /// Those that were not found.
    pub missed: Vec<&'static str>,
    /// Everything that was found.
    pub hits: Vec<Hit>,
    /// How long it took, seconds.
    pub seconds: u64,
}

/// Searches an installation that must not leak. The hits are still to be looked at.
///
/// # Errors
/// A part does not start, a canary is not admitted, or a sink was not read right.
pub async fn search_clean(shape: Shape, binary: &Path, seed: u64) -> anyhow::Result<Clean> {
    let (began, canaries) = (Instant::now(), Canaries::new(seed));
    let search = Search::new(&canaries)?;
    let (swept, page_views) = swept(shape, binary, "", &canaries).await?;
    Ok(Clean {
        shape,
        seed,
        values: canaries.all().count(),
        patterns: search.patterns(),
        page_views,
        swept,
        seconds: began.elapsed().as_secs(),
    })
}

/// Searches an installation that leaks on purpose in every way that its shape has.
///
/// # Errors
/// The same.
pub async fn search_leaking(shape: Shape, binary: &Path, seed: u64) -> anyhow::Result<Leaking> {
    let (began, canaries) = (Instant::now(), Canaries::new(seed));
    let leaks: Vec<&Leak> = LEAKS.iter().filter(|leak| !leak.sinks(shape).is_empty()).collect();
    let names: Vec<&str> = leaks.iter().map(|leak| leak.name).collect();
    let (swept, _) = swept(shape, binary, &names.join(","), &canaries).await?;
    let is_hit = |leak: &Leak, sink: &str| {
        let mut hits = swept.hits.iter();
        hits.any(|hit| (hit.kind, hit.form, hit.sink.as_str()) == (leak.kind, leak.form, sink))
    };
    let is_found = |leak: &Leak| leak.sinks(shape).iter().all(|sink| is_hit(leak, sink));
    Ok(Leaking {
        shape,
        planted: leaks.len(),
        missed: leaks
            .iter()
            .filter(|leak| !is_found(leak))
            .map(|leak| leak.name)
            .collect(),
        hits: swept.hits,
        seconds: began.elapsed().as_secs(),
    })
}

async fn swept(shape: Shape, binary: &Path, leaks: &str, canaries: &Canaries) -> anyhow::Result<(Swept, usize)> {
    let search = Search::new(canaries)?;
    let mut house = House::start(shape, binary, leaks).await?;
    let (page_views, refused) = send_all(&house, canaries).await?;
    ensure!(refused != Refused(0), "some must be refused");
    house.counted(page_views).await;
    let mut swept = sweep(&mut house, &search).await?;
    for sink in &swept.sinks {
        ensure!(
            sink.control,
            "{} was not read right: what must be there was not found",
            sink.name
        );
    }
    ensure!(swept.tables >= TABLES_MIN, "{} tables were read", swept.tables);
    if shape == Shape::Cluster {
        payload_stays_in_the_topic(&mut swept)?;
    }
    Ok((swept, page_views))
}

/// What cannot be decoded stays where it was sent: there it must be found, and there it is no find.
fn payload_stays_in_the_topic(swept: &mut Swept) -> anyhow::Result<()> {
    let is_at_home = |hit: &Hit| hit.kind == Kind::Payload && PAYLOAD_SINKS.contains(&hit.sink.as_str());
    for sink in [TOPIC, CONSUMED] {
        let is_found = swept.hits.iter().any(|hit| is_at_home(hit) && hit.sink == sink);
        ensure!(is_found, "the record that cannot be decoded was not found in: {sink}");
    }
    swept.hits.retain(|hit| !is_at_home(hit));
    Ok(())
}
