//! How often one address and one site may send.
//!
//! Both limits are token buckets (`governor`, in memory). A key falls into one of [`RATE_KEYS_MAX`] buckets by a
//! SipHash whose key is made at start: the memory has a bound that no flood of addresses moves, nobody outside can
//! choose whose bucket to share, and a bucket's number says nothing about who fell into it.

use std::hash::{BuildHasher, Hash, RandomState};
use std::net::IpAddr;
use std::num::NonZeroU32;

use governor::clock::{Clock, DefaultClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::address::ClientAddress;

/// Buckets of a limiter; a used one takes some 30 bytes, all of them some 8 MB. At the bound nobody is refused and
/// nobody is forgotten: keys share buckets. With 10,000 busy addresses one in 27 shares with another, and two
/// visitors' beacons together are far below any sensible limit.
pub const RATE_KEYS_MAX: u32 = 1 << 18;

/// When to come back, for the header `Retry-After`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RetryAfter {
    /// Whole seconds, rounded up, at least 1.
    pub seconds: u64,
}

/// The limit per address: per IPv4 address, and per IPv6 /64, which is what one household or host is given.
pub struct AddressLimiter(Buckets<DefaultClock>);

/// The limit per site. Only keys of known sites are to be given to it.
pub struct SiteLimiter(Buckets<DefaultClock>);

impl AddressLimiter {
    /// `per_s` requests a second in the long run, `burst` at once.
    pub fn new(per_s: NonZeroU32, burst: NonZeroU32) -> AddressLimiter {
        AddressLimiter(Buckets::new(per_s, burst, DefaultClock::default()))
    }

    /// Takes one request from the address's bucket.
    ///
    /// # Errors
    /// [`RetryAfter`] if the bucket is empty; nothing is taken then.
    pub fn check(&self, address: &ClientAddress<'_>) -> Result<(), RetryAfter> {
        self.0.check(network_of(address.ip()))
    }

    /// Forgets buckets that are full again, and gives their memory back; how many stay. To be called every minute or so.
    pub fn forget_idle(&self) -> usize {
        self.0.forget_idle()
    }

    /// How many buckets are held, those included that are full again and not yet forgotten.
    pub fn held(&self) -> usize {
        self.0.limiter.len()
    }
}

impl SiteLimiter {
    /// `per_s` requests a second in the long run, `burst` at once.
    pub fn new(per_s: NonZeroU32, burst: NonZeroU32) -> SiteLimiter {
        SiteLimiter(Buckets::new(per_s, burst, DefaultClock::default()))
    }

    /// Takes one request from the site's bucket.
    ///
    /// # Errors
    /// [`RetryAfter`] if the bucket is empty; nothing is taken then.
    pub fn check(&self, site_key: &str) -> Result<(), RetryAfter> {
        self.0.check(site_key)
    }

    /// See [`AddressLimiter::forget_idle`].
    pub fn forget_idle(&self) -> usize {
        self.0.forget_idle()
    }
}

/// The number of a bucket, made from an address or a site. It can be compared and hashed, and nothing else.
#[derive(Clone, PartialEq, Eq, Hash)]
struct RateKey(u32);

/// A bounded number of token buckets.
struct Buckets<C: Clock> {
    limiter: RateLimiter<RateKey, DashMapStateStore<RateKey>, C, NoOpMiddleware<C::Instant>>,
    /// The standard library's SipHash with a random key of this process.
    hash: RandomState,
}

impl<C: Clock> Buckets<C> {
    fn new(per_s: NonZeroU32, burst: NonZeroU32, clock: C) -> Buckets<C> {
        let quota = Quota::per_second(per_s).allow_burst(burst);
        let limiter = RateLimiter::dashmap_with_clock(quota, clock);
        Buckets {
            limiter,
            hash: RandomState::new(),
        }
    }

    fn check(&self, key: impl Hash) -> Result<(), RetryAfter> {
        let key = RateKey((self.hash.hash_one(key) % u64::from(RATE_KEYS_MAX)) as u32);
        self.limiter.check_key(&key).map_err(|until| {
            let wait = until.wait_time_from(self.limiter.clock().now());
            RetryAfter {
                seconds: wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1),
            }
        })
    }

    fn forget_idle(&self) -> usize {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
        self.limiter.len()
    }
}

/// What stands for whoever is behind an address: the version and, of version 6, the upper half.
fn network_of(ip: IpAddr) -> (u8, u64) {
    match ip {
        IpAddr::V4(ip) => (4, u64::from(ip.to_bits())),
        // The shift leaves 64 bits.
        IpAddr::V6(ip) => (6, (ip.to_bits() >> 64) as u64),
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv6Addr;
    use std::time::Duration;

    use governor::clock::FakeRelativeClock;

    use super::*;

    fn buckets(per_s: u32, burst: u32) -> (Buckets<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let number = |n| NonZeroU32::new(n).expect("not zero");
        (Buckets::new(number(per_s), number(burst), clock.clone()), clock)
    }

    #[test]
    fn a_burst_passes_and_then_the_rate() {
        let (buckets, clock) = buckets(2, 5);
        assert!((0..5).all(|_| buckets.check("shop").is_ok()));
        assert_eq!(buckets.check("shop"), Err(RetryAfter { seconds: 1 }));
        clock.advance(Duration::from_secs(1));
        assert!((0..2).all(|_| buckets.check("shop").is_ok()));
        assert!(buckets.check("shop").is_err());
    }

    #[test]
    fn waiting_as_long_as_told_is_enough() {
        let clock = FakeRelativeClock::default();
        let quota = Quota::with_period(Duration::from_secs(7)).expect("not zero");
        let limiter = RateLimiter::dashmap_with_clock(quota, clock.clone());
        let buckets = Buckets {
            limiter,
            hash: RandomState::new(),
        };
        assert!(buckets.check("shop").is_ok());
        clock.advance(Duration::from_millis(500));
        let told = buckets.check("shop").expect_err("the bucket is empty");
        assert_eq!(told.seconds, 7);
        clock.advance(Duration::from_secs(told.seconds));
        assert!(buckets.check("shop").is_ok());
    }

    #[test]
    fn a_flood_of_addresses_fills_no_more_than_the_bound() {
        let (buckets, clock) = buckets(1, 1);
        for network in 0..u128::from(RATE_KEYS_MAX) * 3 {
            // Who is refused shares a bucket; how many do is not the point here.
            let _ = buckets.check(network_of(Ipv6Addr::from_bits(network << 64).into()));
        }
        let used = buckets.limiter.len();
        assert!(used <= RATE_KEYS_MAX as usize, "{used} buckets");
        assert!(
            used > RATE_KEYS_MAX as usize * 9 / 10,
            "only {used} buckets: the hash does not spread"
        );
        clock.advance(Duration::from_secs(3));
        assert_eq!(buckets.forget_idle(), 0);
    }

    #[test]
    fn a_busy_bucket_is_not_forgotten() {
        let (buckets, clock) = buckets(1, 10);
        assert!((0..10).all(|_| buckets.check("shop").is_ok()));
        clock.advance(Duration::from_secs(3));
        assert_eq!(buckets.forget_idle(), 1);
        assert_eq!((0..10).filter(|_| buckets.check("shop").is_ok()).count(), 3);
    }

    #[test]
    fn few_of_many_addresses_share_a_bucket() {
        let (buckets, _clock) = buckets(1, 1);
        let refused = (0..10_000_u32)
            .filter(|n| buckets.check((4_u8, u64::from(*n))).is_err())
            .count();
        // Expected are 189 (10,000 balls in 2^18 boxes), give or take 14.
        assert!(refused < 300, "{refused} of 10,000 share");
    }
}
