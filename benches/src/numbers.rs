//! Medians, percentiles, and how they are written.

use std::time::Duration;

/// Numbers of several runs.
pub(crate) struct Runs(Vec<f64>);

impl Runs {
    pub(crate) fn new(numbers: impl IntoIterator<Item = f64>) -> Runs {
        let mut numbers: Vec<f64> = numbers.into_iter().collect();
        numbers.sort_unstable_by(f64::total_cmp);
        Runs(numbers)
    }

    /// The middle one; of an even number of runs the lower of the two. 0 without runs.
    pub(crate) fn median(&self) -> f64 {
        let middle = self.0.len().saturating_sub(1) / 2;
        self.0.get(middle).copied().unwrap_or_default()
    }

    /// Median, and in brackets the lowest and the highest.
    pub(crate) fn text(&self, digits: usize) -> String {
        let (low, high) = (self.0.first().copied(), self.0.last().copied());
        format!(
            "**{:.digits$}** ({:.digits$} to {:.digits$})",
            self.median(),
            low.unwrap_or_default(),
            high.unwrap_or_default()
        )
    }
}

/// Durations of many single things.
#[derive(Default)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn new(mut times: Vec<Duration>) -> Times {
        times.sort_unstable();
        Times(times)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// The time within which this share of them was done, in milliseconds. 0 without any.
    pub(crate) fn within_ms(&self, share: f64) -> f64 {
        let at = (self.0.len() as f64 * share).ceil() as usize;
        let time = self.0.get(at.saturating_sub(1)).copied().unwrap_or_default();
        time.as_secs_f64() * 1e3
    }
}

/// Bytes as MB.
pub(crate) fn mb(bytes: u64) -> String {
    format!("{:.0}", bytes as f64 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_and_percentiles_are_times_that_occurred() {
        assert_eq!(Runs::new([3.0, 1.0, 2.0]).text(1), "**2.0** (1.0 to 3.0)");
        let times = Times::new((1..=100).map(Duration::from_millis).collect());
        assert_eq!([times.within_ms(0.5), times.within_ms(0.99)], [50.0, 99.0]);
        assert_eq!(Times::default().within_ms(0.5), 0.0);
    }
}
