//! Takeovers on a cluster that has the machine to itself: an aggregator is killed, and the other counts on.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context;
use tokio::time::{Instant, sleep_until};

use crate::cluster::Cluster;
use crate::counted::Cell;
use crate::load::{Fate, Load, PAGES, Posted};
use crate::scenario::Role;
use crate::until::until;

/// Aggregators killed, one after the other, in turns.
const TAKEOVERS: usize = 16;
/// How long one may take.
const DEADLINE: Duration = Duration::from_secs(90);
/// Pause between two looks at the counts: what is measured is not finer than this.
const LOOK_EVERY: Duration = Duration::from_millis(200);
/// What an aggregator says when the group gave it something.
const ASSIGNED: &str = "partitions assigned";

/// Milliseconds from each kill to the first insert of something newer on every page.
pub(crate) async fn measure(cluster: &mut Cluster, load: &Load) -> anyhow::Result<Vec<f64>> {
    let mut all = Vec::new();
    let aggregators = cluster.of_role(Role::Aggregate);
    for victim in aggregators.into_iter().cycle().take(TAKEOVERS) {
        let killed_at = Instant::now();
        cluster.parties[victim].kill()?;
        let back_at = counts_everywhere(cluster, load, killed_at).await?;
        all.push((back_at - killed_at).as_secs_f64() * 1e3);
        // The next one to go holds partitions again, or its death would be nobody's loss.
        let said_before = cluster.parties[victim].says(ASSIGNED);
        cluster.parties[victim].start(None)?;
        until(DEADLINE, "the aggregator has partitions again", async || {
            Ok((cluster.parties[victim].says(ASSIGNED) > said_before).then_some(()))
        })
        .await?;
        counts_everywhere(cluster, load, Instant::now()).await?;
    }
    Ok(all)
}

async fn counts_everywhere(cluster: &mut Cluster, load: &Load, since: Instant) -> anyhow::Result<Instant> {
    let mut look_at = since;
    until(DEADLINE, "something newer is counted on every page", async || {
        sleep_until(look_at).await;
        look_at = Instant::now() + LOOK_EVERY;
        cluster.counted.refresh().await?;
        Ok(moved_since(&load.posted(), &cluster.counted.cells, since))
    })
    .await
    .context("an aggregator was killed")
}

/// When on the last of all pages something was first seen that was sent after `since`; `None` while there is a page
/// without.
pub(crate) fn moved_since(posted: &[Posted], cells: &HashMap<usize, Cell>, since: Instant) -> Option<Instant> {
    let mut first: [Option<Instant>; PAGES] = [None; PAGES];
    for (number, posted) in posted.iter().enumerate() {
        if posted.fate == Fate::Admitted
            && posted.sent_at > since
            && let Some(cell) = cells.get(&number)
        {
            let page = &mut first[number % PAGES];
            *page = Some(page.map_or(cell.seen_at, |seen_at| seen_at.min(cell.seen_at)));
        }
    }
    first.into_iter().collect::<Option<Vec<Instant>>>()?.into_iter().max()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_page_says_when_all_have_moved() {
        let began = Instant::now();
        let at = |ms: u64| began + Duration::from_millis(ms);
        let posted = |sent_ms| Posted {
            fate: Fate::Admitted,
            sent_at: at(sent_ms),
            took: Duration::ZERO,
        };
        // Two rounds over all pages, the second behind the kill.
        let all: Vec<Posted> = (0..2 * PAGES as u64).map(|number| posted(10 * number)).collect();
        let killed_at = at(10 * PAGES as u64 - 5);
        let seen = |number: usize| Cell {
            n: 1,
            views: 1,
            seen_at: at(1_000 + number as u64),
        };
        let mut cells: HashMap<usize, Cell> = (0..2 * PAGES - 1).map(|number| (number, seen(number))).collect();
        assert_eq!(
            moved_since(&all, &cells, killed_at),
            None,
            "the last page has only what is old"
        );
        cells.insert(2 * PAGES - 1, seen(9_000));
        assert_eq!(moved_since(&all, &cells, killed_at), Some(at(10_000)));
    }
}
