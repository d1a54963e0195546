#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "faults")]
mod armed;
mod points;

pub use points::Point;

/// A rule of the scheme that a test build leaves out when `ISOTHERM_MUTANT` names it, to show that its absence is found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mutant {
    /// `own_token`: a repeat has not the token of what it repeats.
    OwnToken,
    /// `no_redo`: a successor ignores the recorded range and takes one of its own.
    NoRedo,
}

/// Whether the rule is left out. Never, without the feature `faults`.
#[inline]
#[must_use]
pub fn mutant(mutant: Mutant) -> bool {
    #[cfg(feature = "faults")]
    return armed::is_mutant(mutant);
    #[cfg(not(feature = "faults"))]
    {
        let _ = mutant;
        false
    }
}

/// By how much this process's days are ahead, milliseconds: what `ISOTHERM_CLOCK_AHEAD_MS` says, so that midnight lies
/// between two processes. 0 without the feature `faults`.
#[inline]
#[must_use]
pub fn clock_ahead_ms() -> u64 {
    #[cfg(feature = "faults")]
    return armed::clock_ahead_ms();
    #[cfg(not(feature = "faults"))]
    0
}

/// A named point is passed with so many interactions, records or texts open; nothing is open at 0.
#[inline]
pub fn point(point: Point, open: u64) {
    let _ = fails(point, open);
}

/// The same, where the place can report an error: whether it must.
#[inline]
#[must_use]
pub fn fails(point: Point, open: u64) -> bool {
    #[cfg(feature = "faults")]
    return armed::pass(point, open);
    #[cfg(not(feature = "faults"))]
    {
        let _ = (point, open);
        false
    }
}
