//! How often one address may try to log in, or to open a share link.

use std::num::NonZeroU32;

use isotherm_geo::{AddressLimiter, ClientAddress};

/// Attempts from one address, per second in the long run. Above it and [`AT_ONCE`]: 429.
const PER_S: NonZeroU32 = NonZeroU32::MIN;
/// Attempts from one address at once.
const AT_ONCE: NonZeroU32 = NonZeroU32::new(10).unwrap();

/// The attempts lately made, by address; in memory alone.
pub(crate) struct Logins(AddressLimiter);

impl Default for Logins {
    fn default() -> Logins {
        Logins(AddressLimiter::new(PER_S, AT_ONCE))
    }
}

impl Logins {
    /// Takes one attempt of the address; else the seconds to wait.
    pub(crate) fn check(&self, address: &ClientAddress<'_>) -> Result<(), u64> {
        self.0.check(address).map_err(|wait| wait.seconds)
    }

    /// Forgets who has not tried for so long that all their attempts are theirs again. To be called every minute or so.
    pub(crate) fn forget_idle(&self) {
        self.0.forget_idle();
    }

    /// How many addresses' attempts are remembered.
    #[cfg(test)]
    pub(crate) fn remembered(&self) -> usize {
        self.0.held()
    }
}
