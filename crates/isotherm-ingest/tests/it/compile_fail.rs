//! Uses of a user agent that must not compile. Each case holds one use, and its `.stderr` says why it is refused.

#[test]
fn a_user_agent_cannot_be_logged_stored_sent_shown_or_copied() {
    trybuild::TestCases::new().compile_fail("tests/compile-fail/*.rs");
}
