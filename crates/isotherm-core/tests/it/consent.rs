//! The full truth table of the signals: whatever else is said, one no is a no.

use isotherm_core::DropReason;
use isotherm_core::consent::{Signals, consent};

/// Header fields of one name, and whether they say no.
type Fields = (&'static [&'static [u8]], bool);

/// W3C Tracking Preference Expression, 5.2: the first character decides, what follows is for extensions.
const DNT: [Fields; 12] = [
    (&[], false),
    (&[b"1"], true),
    (&[b"0"], false),
    (&[b""], false),
    (&[b"1xyz"], true),
    (&[b"10"], true),
    (&[b"01"], false),
    (&[b"null"], false),
    (&[b"\xff1"], false),
    (&[b"0", b"1"], true),
    (&[b"1", b"0"], true),
    (&[b"0", b"0"], false),
];

/// W3C Global Privacy Control, 3.1: the value is `1` and nothing else.
const GPC: [Fields; 12] = [
    (&[], false),
    (&[b"1"], true),
    (&[b"0"], false),
    (&[b""], false),
    (&[b"10"], false),
    (&[b"?1"], false),
    (&[b"true"], false),
    (&[b"\xff"], false),
    (&[b"0", b"1"], true),
    (&[b"1", b"0"], true),
    (&[b"1", b"1"], true),
    (&[b"0", b"0"], false),
];

/// The cookie's value is constant; whatever else a browser may send under its name says no as well, but nothing and 0.
const COOKIE: [Fields; 12] = [
    (&[], false),
    (&[b"__Host-isotherm_optout=1"], true),
    (&[b"__Host-isotherm_optout=0"], false),
    (&[b"__Host-isotherm_optout="], false),
    (&[b"__Host-isotherm_optout"], false),
    (&[b"__Host-isotherm_optout=yes"], true),
    (&[b"a=b; __Host-isotherm_optout=1;c=d"], true),
    (&[b"a=b", b"__Host-isotherm_optout=1"], true),
    (&[b"__Host-isotherm_optout=0; __Host-isotherm_optout=1"], true),
    (&[b"x__Host-isotherm_optout=1"], false),
    (&[b"isotherm_optout=1"], false),
    (&[b"a=__Host-isotherm_optout=1"], false),
];

#[test]
fn one_no_is_a_no_whatever_else_is_said() {
    let mut refused = 0;
    for dnt in DNT {
        for gpc in GPC {
            for cookie in COOKIE {
                let signals = Signals {
                    dnt: dnt.0.to_vec(),
                    gpc: gpc.0.to_vec(),
                    cookie: cookie.0.to_vec(),
                };
                let expected = match (dnt.1, gpc.1, cookie.1) {
                    (true, _, _) => Err(DropReason::Dnt),
                    (_, true, _) => Err(DropReason::Gpc),
                    (_, _, true) => Err(DropReason::OptedOut),
                    _ => Ok(()),
                };
                assert_eq!(consent(&signals), expected, "{:?} {:?} {:?}", dnt.0, gpc.0, cookie.0);
                refused += usize::from(expected.is_err());
            }
        }
    }
    let silent = |table: [Fields; 12]| table.iter().filter(|fields| !fields.1).count();
    assert_eq!(refused, 12 * 12 * 12 - silent(DNT) * silent(GPC) * silent(COOKIE));
}
