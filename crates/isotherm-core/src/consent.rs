//! May this request be measured at all? Decided from headers, before a body is read. Any negative signal wins.
//!
//! Sources: W3C Tracking Preference Expression, section 5.2 (the field begins with `1`, further characters are ignored);
//! W3C Global Privacy Control, section 3.1 (the field is exactly `1`).

use crate::outcome::DropReason;

/// The name of the opt-out cookie. Its value is constant: it says no to everything and knows nobody.
pub const OPT_OUT_COOKIE: &str = "__Host-isotherm_optout";

/// The signals of one request. Each list holds the values of all header fields of that name.
#[derive(Default)]
pub struct Signals<'a> {
    /// Values of `DNT`.
    pub dnt: Vec<&'a [u8]>,
    /// Values of `Sec-GPC`.
    pub gpc: Vec<&'a [u8]>,
    /// Values of `Cookie`.
    pub cookie: Vec<&'a [u8]>,
}

/// `Ok` when no signal speaks against measuring.
pub fn consent(signals: &Signals) -> Result<(), DropReason> {
    if signals.dnt.iter().any(|value| value.first() == Some(&b'1')) {
        return Err(DropReason::Dnt);
    }
    if signals.gpc.iter().any(|value| value.trim_ascii() == b"1") {
        return Err(DropReason::Gpc);
    }
    if signals.cookie.iter().any(|value| opted_out(value)) {
        return Err(DropReason::OptedOut);
    }
    Ok(())
}

/// Whether a `Cookie` field carries the opt-out with any value but the empty one and `0`: in doubt, the visitor is out.
fn opted_out(cookie: &[u8]) -> bool {
    cookie.split(|b| *b == b';').any(|pair| {
        let pair = pair.trim_ascii();
        pair.strip_prefix(OPT_OUT_COOKIE.as_bytes())
            .and_then(|rest| rest.strip_prefix(b"="))
            .is_some_and(|value| !matches!(value, b"" | b"0"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(dnt: &[&str], gpc: &[&str], cookie: &[&str], expected: Result<(), DropReason>) {
        fn bytes<'a>(texts: &[&'a str]) -> Vec<&'a [u8]> {
            texts.iter().map(|t| t.as_bytes()).collect()
        }
        let signals = Signals {
            dnt: bytes(dnt),
            gpc: bytes(gpc),
            cookie: bytes(cookie),
        };
        assert_eq!(consent(&signals), expected, "{dnt:?} {gpc:?}");
    }

    #[test]
    fn any_negative_signal_wins() {
        check(&[], &[], &[], Ok(()));
        check(&["0"], &["0"], &["a=b"], Ok(()));
        check(&["1"], &[], &[], Err(DropReason::Dnt));
        check(&["1abc"], &[], &[], Err(DropReason::Dnt));
        check(&["0", "1"], &[], &[], Err(DropReason::Dnt));
        check(&["0"], &["1"], &[], Err(DropReason::Gpc));
        check(&[], &["0", "1"], &[], Err(DropReason::Gpc));
        check(&[], &["10"], &[], Ok(()));
        check(&[], &["true"], &[], Ok(()));
        check(&[], &[], &["x=1; __Host-isotherm_optout=1"], Err(DropReason::OptedOut));
        check(
            &[],
            &[],
            &["x=1", "__Host-isotherm_optout=1"],
            Err(DropReason::OptedOut),
        );
        check(&[], &[], &["x__Host-isotherm_optout=1"], Ok(()));
        check(&[], &[], &["__Host-isotherm_optout=0"], Ok(()));
        check(&["1"], &["1"], &["__Host-isotherm_optout=1"], Err(DropReason::Dnt));
    }
}
