//! The scenarios: which process meets which fault where, and what happens around it.

use isotherm_fault::Point;

/// Whose process it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Role {
    Ingest,
    Aggregate,
    /// Both in one process, over the log on disk, without Kafka.
    Up,
}

impl Role {
    /// Who is there from the beginning where a process of this role meets the fault.
    pub(crate) const fn beside(self) -> &'static [Role] {
        match self {
            Role::Up => &[Role::Up],
            Role::Ingest | Role::Aggregate => &[Role::Ingest, Role::Ingest, Role::Aggregate, Role::Aggregate],
        }
    }

    /// Whether it takes beacons.
    pub(crate) const fn collects(self) -> bool {
        !matches!(self, Role::Aggregate)
    }
}

/// What happens at the point.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Deed {
    /// `kill -9`; the process is started again on its data.
    Kill,
    /// SIGSTOP; the process goes on when what happens meanwhile is done.
    Stop,
    /// The place reports an error.
    Fail,
    /// Nothing; the passage is what must be seen.
    Mark,
}

/// What happens around the fault.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Around {
    /// Nothing more.
    Nothing,
    /// Before: another aggregator joins, so that partitions move.
    Join,
    /// Before: this point kills the party, so that the fault lies in its redo. Whoever redoes has the plan.
    KilledBefore(Point),
    /// Before: the disk under the log is full, and has room again later.
    DiskFull,
    /// Meanwhile: the other aggregator takes over.
    Takeover,
    /// The same, and for the other it is the next day already.
    TakeoverPastMidnight,
    /// Meanwhile: the broker is stopped in order, and comes back later.
    BrokerStopped,
    /// Meanwhile: the broker is killed, and comes back later.
    BrokerKilled,
    /// Meanwhile: ClickHouse is killed, and comes back later.
    StoreKilled,
    /// Meanwhile: the network between the party and a server turns bad, and clears later.
    Network(Server, Bad),
}

/// At the other end of the network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Server {
    Kafka,
    ClickHouse,
}

/// How the network is bad.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Bad {
    Cut,
    Silent,
    Slow,
}

/// A scenario.
#[derive(Clone, Copy, Debug)]
pub struct Scenario {
    /// For reports.
    pub name: &'static str,
    pub(crate) role: Role,
    /// Where the fault lies.
    pub point: Point,
    pub(crate) deed: Deed,
    pub(crate) around: Around,
}

impl Scenario {
    /// Whether it touches a server that other schedules use.
    pub(crate) fn is_alone(&self) -> bool {
        matches!(
            self.around,
            Around::BrokerStopped | Around::BrokerKilled | Around::StoreKilled
        )
    }

    /// Where the fault must have led to: a member that was overtaken commits, and is refused.
    pub(crate) fn leads_to(&self) -> Option<Point> {
        let is_overtaken = self.around == Around::Takeover && self.point == Point::IntentBefore;
        is_overtaken.then_some(Point::Fenced)
    }

    /// Whether the network has to be bad for longer than the programs wait for an answer.
    pub(crate) fn outlasts_timeouts(&self) -> bool {
        matches!(self.around, Around::Network(_, Bad::Silent))
    }

    /// Whether an aggregator is gone or halted for as long as the group needs to notice.
    pub(crate) fn loses_an_aggregator(&self) -> bool {
        let dies = self.deed == Deed::Kill && matches!(self.around, Around::Nothing | Around::Join);
        self.role == Role::Aggregate && (dies || matches!(self.around, Around::Takeover | Around::TakeoverPastMidnight))
    }

    /// The deed as the plan names it.
    pub(crate) fn deed_name(&self) -> &'static str {
        match self.deed {
            Deed::Kill => "kill",
            Deed::Stop => "stop",
            Deed::Fail => "fail",
            Deed::Mark => "mark",
        }
    }
}
