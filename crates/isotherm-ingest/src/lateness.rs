//! Overload, seen where it is felt: a timer of each worker comes round as late as everything that waits for the worker.
//!
//! Requests that nobody has looked at yet are in no count, but they make the worker late. While it is, a growing share of
//! the beacons is refused right after the decision about consent, before anything of them is parsed or read, until it is in
//! time again. The idea is CoDel's (Nichols and Jacobson, 2012: a standing queue is one that lasts, whatever its length).

use std::cell::RefCell;
use std::rc::{Rc, Weak};
use std::time::{Duration, Instant};

/// How often the timer of a worker comes round. Costs nothing beside a request.
const BEAT: Duration = Duration::from_millis(10);
/// A worker that comes round later than this has a queue: at some 50 µs a beacon, a thousand of them.
const LATE_MAX: Duration = Duration::from_millis(50);
/// For so long it may be late before anything is refused: a burst that goes by itself is no overload.
const BURST_MAX: Duration = Duration::from_millis(200);
/// With fewer beacons between two beats it is not they that make it late, but a machine that stands still.
const CROWD_MIN: u32 = 64;
/// All beacons, in the unit of shares.
const WHOLE: u32 = 16;
/// Largest share that is refused. The rest is let through however late it is, so that nobody can stop collecting by crowding.
const SHARE_MAX: u32 = WHOLE - 1;
/// In time for so long, the share that is refused falls by one.
const RELAX_EVERY: Duration = Duration::from_millis(100);

/// Which share of the beacons of one worker is refused.
#[derive(Debug)]
pub(crate) struct Lateness {
    /// Since when every beat is late because of a crowd.
    late_since: Option<Instant>,
    /// When the share last changed.
    changed: Instant,
    /// Beacons since the last beat.
    beacons: u32,
    /// What is refused, of `WHOLE`.
    share: u32,
    /// What is due to be refused: at `WHOLE` the next one is.
    due: u32,
}

/// The lateness of the worker that runs a request.
pub(crate) type OfWorker = Rc<RefCell<Lateness>>;

/// Starts the timer of this worker; it ends with the last use of what is given back.
pub(crate) fn of_this_worker() -> OfWorker {
    let lateness = Rc::new(RefCell::new(Lateness::new(Instant::now())));
    let beaten = Rc::downgrade(&lateness);
    #[expect(
        clippy::disallowed_methods,
        reason = "measures this very event loop, so it must run in it; it holds nothing and ends with its worker"
    )]
    actix_web::rt::spawn(beat(beaten));
    lateness
}

async fn beat(lateness: Weak<RefCell<Lateness>>) {
    loop {
        let due = Instant::now() + BEAT;
        actix_web::rt::time::sleep_until(due.into()).await;
        let Some(lateness) = lateness.upgrade() else { return };
        let now = Instant::now();
        lateness.borrow_mut().beat(now.saturating_duration_since(due), now);
    }
}

impl Lateness {
    fn new(now: Instant) -> Lateness {
        Lateness {
            late_since: None,
            changed: now,
            beacons: 0,
            share: 0,
            due: 0,
        }
    }

    /// The timer came round, so much too late.
    fn beat(&mut self, late: Duration, now: Instant) {
        let crowd = std::mem::take(&mut self.beacons) >= CROWD_MIN;
        if !crowd || late <= LATE_MAX {
            self.late_since = None;
            if now.saturating_duration_since(self.changed) >= RELAX_EVERY {
                self.change(self.share.saturating_sub(1), now);
            }
            return;
        }
        let since = *self.late_since.get_or_insert(now);
        if self.share > 0 || now.saturating_duration_since(since) >= BURST_MAX {
            // The later, the sooner: a worker that comes round once a second has few chances to change its mind.
            let steps = late.as_millis() / LATE_MAX.as_millis();
            let more = u32::try_from(steps).unwrap_or(SHARE_MAX).min(SHARE_MAX);
            self.change((self.share + more).min(SHARE_MAX), now);
        }
    }

    fn change(&mut self, share: u32, now: Instant) {
        self.share = share;
        self.changed = now;
    }

    /// A beacon came: whether it is one too many.
    pub(crate) fn refuses(&mut self) -> bool {
        self.beacons = self.beacons.saturating_add(1);
        self.due += self.share;
        let refused = self.due >= WHOLE;
        if refused {
            self.due -= WHOLE;
        }
        refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    /// A worker and its time.
    struct World {
        lateness: Lateness,
        now: Instant,
    }

    impl World {
        fn new() -> World {
            let now = Instant::now();
            World {
                lateness: Lateness::new(now),
                now,
            }
        }

        /// A beat that is so late, after so many beacons; how many of them were refused.
        fn beat(&mut self, late_ms: u32, beacons: u32) -> u32 {
            let refused = (0..beacons).filter(|_| self.lateness.refuses()).count();
            self.now += BEAT + MS * late_ms;
            self.lateness.beat(MS * late_ms, self.now);
            refused as u32
        }

        /// Beats for so long, at least; how many were refused.
        fn beats(&mut self, for_ms: u32, late_ms: u32, beacons: u32) -> u32 {
            let until = self.now + MS * for_ms;
            let mut refused = 0;
            while self.now < until {
                refused += self.beat(late_ms, beacons);
            }
            refused
        }
    }

    #[test]
    fn a_worker_in_time_refuses_nobody_however_many_there_are() {
        assert_eq!(World::new().beats(60_000, 50, 10_000), 0);
    }

    #[test]
    fn a_machine_that_stands_still_refuses_nobody() {
        assert_eq!(World::new().beats(60_000, 2_000, CROWD_MIN - 1), 0);
    }

    #[test]
    fn a_burst_that_goes_by_itself_refuses_nobody() {
        let mut world = World::new();
        for _ in 0..100 {
            assert_eq!(world.beats(150, 60, 1_000) + world.beats(100, 0, 1_000), 0);
        }
    }

    #[test]
    fn a_queue_that_stays_is_refused_more_and_more_and_never_all_of_it() {
        let mut world = World::new();
        world.beats(1_000, 60, 1_000);
        let early = world.beat(60, 1_600);
        world.beats(10_000, 60, 1_000);
        let late = world.beat(60, 1_600);
        assert!(early > 0 && early < late && late == 1_500, "{early}, then {late}");
    }

    #[test]
    fn a_worker_that_is_very_late_needs_few_beats_to_refuse_most() {
        let mut world = World::new();
        for _ in 0..3 {
            world.beat(1_000, 1_600);
        }
        assert_eq!(world.beat(1_000, 1_600), 1_500);
    }

    #[test]
    fn in_time_again_it_takes_all_again() {
        let mut world = World::new();
        world.beats(10_000, 500, 1_000);
        let (first, last) = (world.beats(500, 0, 100), world.beats(2_000, 0, 100));
        assert!(
            first > last && last > 0,
            "it does not let all in at once: {first}, {last}"
        );
        assert_eq!(world.beats(10_000, 0, 1_000), 0);
    }
}
