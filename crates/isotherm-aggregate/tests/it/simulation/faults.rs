//! How often what goes wrong in a schedule: every schedule has its own mixture, so that some are calm and some are not.

use isotherm_testkit::memory::{CountFaults, Dice, LogFaults};

/// What a schedule is made of, in per mille of its steps or calls.
pub(crate) struct Mixture {
    pub(crate) log: LogFaults,
    pub(crate) counts: CountFaults,
    pub(crate) crash: u32,
    pub(crate) rebalance: u32,
    pub(crate) deaf: u32,
    pub(crate) days: u32,
    pub(crate) outage: u32,
    pub(crate) retention: u32,
    pub(crate) damage: u32,
    pub(crate) sent_lost: u32,
    pub(crate) replay: u32,
    pub(crate) reopen: u32,
    pub(crate) give_up: u32,
    pub(crate) restore: u32,
}

impl Mixture {
    /// Each kind of fault is absent, rare or frequent.
    pub(crate) fn throw(dice: &mut Dice) -> Mixture {
        let mut often = |frequent: u32| match dice.below(4) {
            0 | 1 => 0,
            2 => frequent / 4,
            _ => frequent,
        };
        Mixture {
            log: LogFaults {
                unavailable: often(100),
                commit_lost: often(100),
                commit_reply_lost: often(150),
            },
            counts: CountFaults {
                unavailable: often(100),
                request_lost: often(100),
                reply_lost: often(150),
                late: often(250),
                echoed: often(100),
                answered_nothing: often(60),
                answered_token_only: often(60),
                arrival: often(300),
            },
            crash: often(40),
            rebalance: often(60),
            deaf: often(60),
            days: often(16),
            outage: often(10),
            retention: often(12),
            damage: often(40),
            sent_lost: often(100),
            replay: often(60),
            reopen: often(16),
            give_up: often(8),
            restore: often(4),
        }
    }
}
