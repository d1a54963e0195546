#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

#[cfg(feature = "faults")]
mod armed;
mod points;

pub use points::Point;

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
