//! The rules that are broken on purpose.

/// A rule that is broken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mutation {
    /// None.
    None,
    /// The insert is sent before the intent is durable: a commit becomes so only with the next one.
    InsertBeforeIntent,
    /// A commit without an answer is taken for done.
    CommitAnswerNotAwaited,
    /// A member whose partition was taken away may commit.
    NoFence,
    /// A redo chooses its boundaries anew.
    RedoWithOtherBoundaries,
    /// A successor does not look for an intent.
    IntentForgotten,
    /// A redo goes into today's landing instead of the one that was recorded.
    RedoIntoToday,
    /// Some blocks carry no ledger row.
    LedgerRowLeftOut,
    /// The ledger row names one offset too few.
    RangeEndsEarly,
    /// The ledger row begins one offset late.
    RangeBeginsLate,
    /// The end of the ledger is read one too high.
    EndReadTooHigh,
    /// The end of the ledger is read as it was before.
    EndReadLate,
    /// Behind the fence the ledger is not asked.
    LedgerCheckSkipped,
    /// What the ledger said behind the fence is believed for ever, also by a worker that was halted for hours.
    CheckNeverStale,
    /// Behind the fence the landing is not asked.
    LandingCheckSkipped,
    /// The deduplication token does not name the attempt: a spent one is used again.
    TokenWithoutAttempt,
    /// The deduplication token names the last offset, too.
    TokenNamesTheEnd,
    /// A new token with every insert.
    NewTokenEveryTime,
    /// A new token after an insert without an answer.
    NewTokenAfterSilence,
    /// An answer of "done" is believed.
    AnswerBelieved,
    /// A block can land in part.
    HalfABlock,
    /// `last` rows are not in the block.
    LastRowsLeftOut,
    /// `last` rows say one too many.
    LastRowsTooHigh,
    /// `last` rows say one too few: the last record of a batch is counted again when it comes again.
    LastRowsTooLow,
    /// Repeats are counted: the store forgets what it counted of each lane.
    LanesForgotten,
    /// A loss is not written down.
    LostRowsLeftOut,
    /// A loss is written down twice.
    LostRowsDoubled,
    /// A record that cannot be decoded leaves no row.
    PoisonRowsLeftOut,
    /// The log on disk may forget records before they are counted.
    ReleasedBeforeInsert,
    /// The log on disk forgets one record too many.
    ReleasedTooFar,
    /// A shipper goes on behind a record that it could not deliver.
    RecordLeftOut,
    /// A shipper takes records for acknowledged that never were.
    AcknowledgedUnsent,
    /// A loss is not said in the topic: records that grew too old leave no farewell.
    FarewellLeftOut,
    /// A lane is configured: a new opening goes on under the old name and begins at 1.
    LaneUsedAgain,
}

impl Mutation {
    /// All but `None`.
    pub(crate) const PLANTED: &[Mutation] = &[
        Mutation::InsertBeforeIntent,
        Mutation::CommitAnswerNotAwaited,
        Mutation::NoFence,
        Mutation::RedoWithOtherBoundaries,
        Mutation::IntentForgotten,
        Mutation::RedoIntoToday,
        Mutation::LedgerRowLeftOut,
        Mutation::RangeEndsEarly,
        Mutation::RangeBeginsLate,
        Mutation::EndReadTooHigh,
        Mutation::EndReadLate,
        Mutation::LedgerCheckSkipped,
        Mutation::CheckNeverStale,
        Mutation::LandingCheckSkipped,
        Mutation::TokenWithoutAttempt,
        Mutation::TokenNamesTheEnd,
        Mutation::NewTokenEveryTime,
        Mutation::NewTokenAfterSilence,
        Mutation::AnswerBelieved,
        Mutation::HalfABlock,
        Mutation::LastRowsLeftOut,
        Mutation::LastRowsTooHigh,
        Mutation::LastRowsTooLow,
        Mutation::LanesForgotten,
        Mutation::LostRowsLeftOut,
        Mutation::LostRowsDoubled,
        Mutation::PoisonRowsLeftOut,
        Mutation::ReleasedBeforeInsert,
        Mutation::ReleasedTooFar,
        Mutation::RecordLeftOut,
        Mutation::AcknowledgedUnsent,
        Mutation::FarewellLeftOut,
        Mutation::LaneUsedAgain,
    ];

    /// What the same schedule must be right with: nothing broken but what is down beside this fault.
    pub(crate) fn control(self) -> Mutation {
        match self {
            Mutation::TokenNamesTheEnd => Mutation::None,
            _ if self.needs_weak_tokens() => Mutation::TokenNamesTheEnd,
            _ => Mutation::None,
        }
    }

    /// Intents and the token's first offset are two walls before the same harm: each fault of the one is planted where the
    /// other is down, or nothing would be seen of it within one landing.
    pub(crate) fn needs_weak_tokens(self) -> bool {
        matches!(
            self,
            Mutation::InsertBeforeIntent
                | Mutation::CommitAnswerNotAwaited
                | Mutation::NoFence
                | Mutation::RedoWithOtherBoundaries
                | Mutation::IntentForgotten
                | Mutation::TokenNamesTheEnd
        )
    }
}
