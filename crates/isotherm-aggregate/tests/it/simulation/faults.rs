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
    pub(crate) ship_fails: u32,
    pub(crate) stray: u32,
    pub(crate) replay: u32,
    pub(crate) reopen: u32,
    pub(crate) give_up: u32,
    pub(crate) expire: u32,
    pub(crate) restore: u32,
    pub(crate) adopt: u32,
    /// Whether it begins in the morning and knows no jumps of days: the whole schedule then has one landing. Where a fence
    /// fails, an insert that is late and midnight between them can count twice; tokens reach no further than a landing.
    pub(crate) one_landing: bool,
    /// Hours in which everybody sleeps. Where they come the store forgets tokens, as a server does.
    pub(crate) naps: u32,
}

impl Mixture {
    /// Each kind of fault is absent, rare or frequent; or, in one schedule of eight, only owners change and inserts are late.
    pub(crate) fn throw(dice: &mut Dice) -> Mixture {
        let one_landing = dice.below(3) == 0;
        if dice.below(8) == 0 {
            let naps = if dice.below(2) == 0 { 30 } else { 0 };
            return Mixture::of_zombies(one_landing, naps);
        }
        let mut often = |frequent: u32| match dice.below(4) {
            0 | 1 => 0,
            2 => frequent / 4,
            _ => frequent,
        };
        let (commit_late, unfenced, adopt, days) = (often(100), often(300), often(6), often(16));
        let (token_only, restore) = (often(60), often(6));
        let naps = if one_landing { often(30) } else { 0 };
        let only = |here: bool, per_mille: u32| if here { per_mille } else { 0 };
        Mixture {
            one_landing,
            naps,
            log: LogFaults {
                unavailable: often(100),
                commit_lost: often(100),
                commit_reply_lost: often(150),
                commit_late: only(one_landing, commit_late),
                commit_arrival: 200,
                unfenced: only(one_landing, unfenced),
            },
            counts: CountFaults {
                unavailable: often(100),
                request_lost: often(100),
                reply_lost: often(150),
                late: often(250),
                echoed: often(100),
                answered_nothing: often(60),
                // A token without its block, then hours, then a late insert of just that token: no server was seen to make
                // the first, and no rule of ours would help.
                answered_token_only: only(naps == 0, token_only),
                arrival: often(300),
            },
            crash: often(40),
            rebalance: often(60),
            deaf: often(60),
            days: only(!one_landing, days),
            adopt: only(one_landing, adopt),
            outage: often(10),
            retention: often(12),
            damage: often(40),
            ship_fails: often(100),
            stray: often(200),
            replay: often(60),
            reopen: often(16),
            give_up: often(8),
            restore: only(naps == 0, restore),
            expire: often(4),
        }
    }

    /// What the scheme is made against: a worker that is gone, and its insert that comes after its successor's.
    fn of_zombies(one_landing: bool, naps: u32) -> Mixture {
        let only = |here: bool, per_mille: u32| if here { per_mille } else { 0 };
        Mixture {
            one_landing,
            naps: only(one_landing, naps),
            log: LogFaults {
                commit_late: only(one_landing, 50),
                commit_arrival: 200,
                unfenced: only(one_landing, 500),
                ..LogFaults::default()
            },
            counts: CountFaults {
                late: 350,
                arrival: 100,
                ..CountFaults::default()
            },
            crash: 60,
            rebalance: 90,
            deaf: 60,
            days: only(!one_landing, 30),
            outage: 0,
            retention: 0,
            damage: 0,
            ship_fails: 0,
            stray: 0,
            replay: 0,
            reopen: 0,
            give_up: 0,
            expire: 0,
            restore: 0,
            adopt: 0,
        }
    }
}
