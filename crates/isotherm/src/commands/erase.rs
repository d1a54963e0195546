//! `isotherm erase`: pages out of every table, by path or pattern, and how far that is.

use anyhow::{Context, bail};
use isotherm_core::control::{ControlStore, Erased, Erasure, ErasureState};
use isotherm_core::ports::Clock;
use isotherm_core::site::SiteKey;
use isotherm_core::{Day, Hour, PagePath};
use isotherm_service::clock::SystemClock;
use isotherm_store_clickhouse::{ClickHouseControl, Eraser, StoreSettings};
use serde_json::{Value, json};

use super::output;
use super::site::site_key;
use crate::arguments::{ControlArguments, EraseArguments};
use crate::audit::{self, Did};
use crate::calendar;
use crate::erasing::{final_from, go_on};
use crate::installation::Installation;
use crate::journal::{Act, Journal};
use crate::maintenance;

/// What is asked for, as it was written.
struct Asked {
    site: SiteKey,
    path: String,
    first: Day,
    last: Day,
}

/// Runs `isotherm erase`.
pub(crate) async fn run(arguments: EraseArguments) -> anyhow::Result<()> {
    if arguments.status {
        return status(&arguments.control).await;
    }
    if arguments.resume {
        return resume(&arguments.control).await;
    }
    let asked = asked(&arguments)?;
    let installation = Installation::find(&arguments.control.place)?;
    let store = installation.open_store().await?;
    let erased = erase(&installation, &store.settings, &asked).await;
    store.close().await;
    let erasure = erased?;
    if arguments.control.json {
        return output::json(&receipt(&erasure));
    }
    output::line(format!("Erasure {:016x} of `{}`:", erasure.id, asked.site.as_str()));
    if !erasure_is_of_all_time(&erasure) {
        output::line(format!(
            "  whole page-months with a day from {} to {}; a cohort that crosses them goes as a whole",
            calendar::text(erasure.first),
            calendar::text(erasure.last)
        ));
    }
    output::line(format!(
        "  now: {} rows are deleted out of counts and texts",
        erasure.deleted
    ));
    output::line(
        "  until it is final: new beacons of these pages are refused (`rule`), and what the log still holds is deleted as it is counted",
    );
    output::line(format!(
        "  final from {} on, see `isotherm erase --status`; backups from before expire after 30 days",
        hour_text(final_from(&erasure))
    ));
    Ok(())
}

fn asked(arguments: &EraseArguments) -> anyhow::Result<Asked> {
    let (Some(site), Some(path)) = (&arguments.site, &arguments.path) else {
        bail!("say what to erase: --site KEY --path PATTERN; or --status, or --resume");
    };
    let day = |text: &Option<String>, open: Day, edge: fn((Day, Day)) -> Day| match text {
        None => Ok(open),
        Some(text) => {
            let day = calendar::parse(text).with_context(|| format!("`{text}` is no day: write YYYY-MM-DD"))?;
            anyhow::Ok(edge(calendar::month(day)))
        }
    };
    let first = day(&arguments.from, Day(0), |(first, _)| first)?;
    let last = day(&arguments.to, Day(u16::MAX), |(_, last)| last)?;
    anyhow::ensure!(first <= last, "--from is after --to");
    Ok(Asked {
        site: site_key(site)?,
        path: path.clone(),
        first,
        last,
    })
}

/// Writes the request down everywhere, in the order in which nothing can come back, and deletes for the first time.
async fn erase(installation: &Installation, store: &StoreSettings, asked: &Asked) -> anyhow::Result<Erasure> {
    let control = ClickHouseControl::new(store);
    let known = control.sites().await?.iter().any(|site| site.key == asked.site);
    anyhow::ensure!(
        known,
        "there is no site `{}`; `isotherm site list` names them",
        asked.site.as_str()
    );
    let now_ms = SystemClock.unix_ms();
    let what = if asked.path.contains('*') {
        anyhow::ensure!(asked.path.starts_with('/'), "a pattern begins with a slash");
        Erased::Pattern(asked.path.clone())
    } else {
        let path = PagePath::normalise(&asked.path).context("this is no path of a page")?;
        Erased::Page(control.id_key().await?.page(&asked.site, &path))
    };
    let erasure = Erasure {
        id: random_id()?,
        site: asked.site.clone(),
        what,
        first: asked.first,
        last: asked.last,
        requested: Hour::of_unix_ms(now_ms),
        state: ErasureState::Pending,
        deleted: 0,
    };
    let erasing = async {
        Journal::of(installation).append(Act::of_erasure(&erasure), Day::of_unix_ms(now_ms))?;
        let eraser = Eraser::new(store);
        eraser.request(&erasure).await?;
        // Refused before anything is deleted: what comes meanwhile would be left over.
        installation.wait_until_taken_over().await?;
        Ok(eraser.pass(erasure.id).await?)
    };
    let deleted = maintenance::alone(installation, store, erasing).await?;
    audit::note(store, Did::Erase, asked.site.as_str(), &format!("{:016x}", erasure.id)).await?;
    Ok(Erasure { deleted, ..erasure })
}

/// Goes on with everything that is not final, once: what running roles do by themselves.
async fn resume(arguments: &ControlArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let resuming = async {
        let eraser = Eraser::new(&store.settings);
        let now = Hour::of_unix_ms(SystemClock.unix_ms());
        for erasure in eraser.erasures().await? {
            if erasure.state < ErasureState::Final {
                go_on(&eraser, &erasure, now).await?;
            }
        }
        anyhow::Ok(eraser.erasures().await?)
    };
    let resumed = maintenance::alone(&installation, &store.settings, resuming).await;
    store.close().await;
    list(&resumed?, arguments.json)
}

async fn status(arguments: &ControlArguments) -> anyhow::Result<()> {
    let installation = Installation::find(&arguments.place)?;
    let store = installation.open_store().await?;
    let erasures = ClickHouseControl::new(&store.settings).erasures().await;
    store.close().await;
    list(&erasures?, arguments.json)
}

fn list(erasures: &[Erasure], as_json: bool) -> anyhow::Result<()> {
    if as_json {
        let rows: Vec<Value> = erasures.iter().map(receipt).collect();
        return output::json(&rows);
    }
    if erasures.is_empty() {
        output::line("Nothing was ever erased here.");
    }
    for erasure in erasures {
        output::line(format!(
            "{:016x}\t{}\t{}\t{}\trequested {}\t{} rows\t{}",
            erasure.id,
            erasure.site.as_str(),
            what(erasure),
            state(erasure),
            hour_text(erasure.requested),
            erasure.deleted,
            match erasure.state {
                ErasureState::Final => "a check found nothing".to_owned(),
                _ => format!("final from {} on", hour_text(final_from(erasure))),
            }
        ));
    }
    Ok(())
}

fn receipt(erasure: &Erasure) -> Value {
    let months = (!erasure_is_of_all_time(erasure))
        .then(|| json!({"from": calendar::text(erasure.first), "to": calendar::text(erasure.last)}));
    json!({
        "id": format!("{:016x}", erasure.id), "site": erasure.site.as_str(), "what": what(erasure),
        "state": state(erasure), "requested": hour_text(erasure.requested), "months": months,
        "rows_deleted": erasure.deleted, "final_from": hour_text(final_from(erasure)),
    })
}

fn erasure_is_of_all_time(erasure: &Erasure) -> bool {
    erasure.first == Day(0) && erasure.last == Day(u16::MAX)
}

fn what(erasure: &Erasure) -> &'static str {
    match erasure.what {
        Erased::Page(_) => "page",
        Erased::Pattern(_) => "pattern",
        Erased::Site => "site",
    }
}

fn state(erasure: &Erasure) -> &'static str {
    match erasure.state {
        ErasureState::Pending => "pending",
        ErasureState::Counted => "counted",
        ErasureState::Final => "final",
    }
}

fn hour_text(hour: Hour) -> String {
    format!("{}T{:02}:00Z", calendar::text(hour.day()), hour.0 % 24)
}

fn random_id() -> anyhow::Result<u64> {
    let mut id = [0; 8];
    getrandom::fill(&mut id).map_err(|_| anyhow::anyhow!("the system gives no random bytes"))?;
    Ok(u64::from_le_bytes(id))
}
