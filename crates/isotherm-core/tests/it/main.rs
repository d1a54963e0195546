//! The pure middle from outside: scrubbing against a corpus that does not know its rules, and consent in full.

mod closed;
mod consent;
mod corpus;
mod scrubbing;
