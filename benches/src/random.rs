//! Numbers that only look random: the same seed gives the same load on every machine.

/// A xorshift generator with 64 bits of state (Marsaglia, "Xorshift RNGs", 2003).
#[derive(Clone)]
pub(crate) struct Random(u64);

/// Ranks with probability proportional to 1 / rank.
pub(crate) struct Zipf {
    sums: Vec<f64>,
}

impl Random {
    pub(crate) fn new(seed: u64) -> Random {
        // The state must not be 0, and small seeds should not begin alike.
        Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        (self.next() >> 16) % bound
    }

    /// A number from 0 to 1.
    pub(crate) fn share(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

impl Zipf {
    pub(crate) fn new(ranks: usize) -> Zipf {
        let mut sum = 0.0;
        let sums = (1..=ranks).map(|rank| {
            sum += 1.0 / rank as f64;
            sum
        });
        Zipf { sums: sums.collect() }
    }

    /// A rank, counted from 0.
    pub(crate) fn rank(&self, random: &mut Random) -> usize {
        let last = self.sums.len() - 1;
        let aim = random.share() * self.sums[last];
        self.sums.partition_point(|sum| *sum < aim).min(last)
    }
}
