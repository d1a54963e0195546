//! What a build with faults does at a point: notes the passage, then does the deed if it is time.

use std::fs::File;
use std::io::Write;
use std::str::FromStr;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::process::{Signal, getpid, kill_process};

use crate::{Mutant, Point};

/// How long a busy machine may take until a signal stops all threads.
const TAKES_EFFECT: Duration = Duration::from_millis(500);

/// What is done, where, and at which passage with something open, counted from 1.
struct Plan {
    point: Point,
    nth: u64,
    deed: Deed,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Deed {
    Kill,
    Stop,
    Fail,
    Mark,
}

static PLAN: LazyLock<Option<Plan>> = LazyLock::new(|| {
    let text = std::env::var("ISOTHERM_FAULT").ok()?;
    match text.parse() {
        Ok(plan) => Some(plan),
        // A build for tests only: a plan that cannot be read must not look like one that never came to pass.
        Err(wrong) => panic!("ISOTHERM_FAULT={text}: {wrong}"),
    }
});

static MUTANT: LazyLock<Option<Mutant>> = LazyLock::new(|| match std::env::var("ISOTHERM_MUTANT").ok()?.as_str() {
    "own_token" => Some(Mutant::OwnToken),
    "no_redo" => Some(Mutant::NoRedo),
    // Likewise.
    unknown => panic!("ISOTHERM_MUTANT={unknown}: there is no such rule to leave out"),
});

static CLOCK_AHEAD_MS: LazyLock<u64> = LazyLock::new(|| match std::env::var("ISOTHERM_CLOCK_AHEAD_MS") {
    Ok(text) => match text.parse() {
        Ok(ms) => ms,
        // Likewise.
        Err(_) => panic!("ISOTHERM_CLOCK_AHEAD_MS={text}: no milliseconds"),
    },
    Err(_) => 0,
});

static HITS: LazyLock<Option<File>> = LazyLock::new(|| {
    let path = std::env::var_os("ISOTHERM_FAULT_HITS")?;
    match File::options().create(true).append(true).open(&path) {
        Ok(file) => Some(file),
        // Likewise.
        Err(wrong) => panic!("ISOTHERM_FAULT_HITS: {wrong}"),
    }
});

/// Passages of the plan's point with something open.
static PASSED: AtomicU64 = AtomicU64::new(0);

/// Whether this process leaves the rule out.
pub(crate) fn is_mutant(mutant: Mutant) -> bool {
    *MUTANT == Some(mutant)
}

/// By how much this process's days are ahead, milliseconds.
pub(crate) fn clock_ahead_ms() -> u64 {
    *CLOCK_AHEAD_MS
}

/// Notes the passage and does the deed; says whether the place must fail.
pub(crate) fn pass(point: Point, open: u64) -> bool {
    let plan = PLAN.as_ref().filter(|plan| plan.point == point && open > 0);
    let deed = plan.filter(|plan| PASSED.fetch_add(1, Ordering::SeqCst) + 1 == plan.nth);
    let deed = deed.map(|plan| plan.deed);
    if open > 0 {
        note(point, open, deed);
    }
    let signal = match deed {
        Some(Deed::Kill) => Signal::KILL,
        Some(Deed::Stop) => Signal::STOP,
        Some(Deed::Fail) => return true,
        Some(Deed::Mark) | None => return false,
    };
    // A process may always send a signal to itself.
    kill_process(getpid(), signal).expect("a signal to this process");
    // The signal is the process's: another thread may have to take it first, and this one must not go on until then.
    std::thread::sleep(TAKES_EFFECT);
    false
}

fn note(point: Point, open: u64, deed: Option<Deed>) {
    let Some(mut file) = HITS.as_ref() else { return };
    #[expect(
        clippy::disallowed_methods,
        reason = "the time of a test's own note; nothing of the service depends on it"
    )]
    let now = SystemTime::now();
    let unix_ms = now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis());
    let pid = getpid().as_raw_nonzero();
    let deed = deed.map_or("-", Deed::name);
    // One write, so that lines of several threads do not mix. A full disk must not change what the process does.
    let _ = file.write_all(format!("{unix_ms} {pid} {point} {open} {deed}\n").as_bytes());
}

impl Deed {
    const ALL: [Deed; 4] = [Deed::Kill, Deed::Stop, Deed::Fail, Deed::Mark];

    const fn name(self) -> &'static str {
        match self {
            Deed::Kill => "kill",
            Deed::Stop => "stop",
            Deed::Fail => "fail",
            Deed::Mark => "mark",
        }
    }
}

impl FromStr for Plan {
    type Err = String;

    fn from_str(text: &str) -> Result<Plan, String> {
        let mut words = text.split(':');
        let (Some(point), Some(nth), Some(deed), None) = (words.next(), words.next(), words.next(), words.next())
        else {
            return Err("POINT:COUNT:DEED is needed".into());
        };
        let known = Deed::ALL.into_iter().find(|known| known.name() == deed);
        Ok(Plan {
            point: point.parse()?,
            nth: nth.parse().map_err(|_| format!("`{nth}` is no count"))?,
            deed: known.ok_or_else(|| format!("there is no deed `{deed}`"))?,
        })
    }
}
