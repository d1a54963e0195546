//! Uses of an address that must not compile. Each case holds one use, and its `.stderr` says why it is refused.

#[test]
fn an_address_cannot_be_shown_copied_compared_or_kept() {
    trybuild::TestCases::new().compile_fail("tests/compile-fail/*.rs");
}
