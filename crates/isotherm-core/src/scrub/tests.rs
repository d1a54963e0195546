//! The examples in schemas/examples/scrub.json, which the script's tests read too, and what must hold of any text.

use std::borrow::Cow;
use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::rules::Seeks;
use super::text::{Profile, STEPS};
use super::{PLACEHOLDERS, RULES, Rule, Setting, scrub, scrub_anchor, scrub_path};

struct Example {
    rule: String,
    setting: Setting,
    input: String,
    output: String,
    /// Whether the script alone gives `output`.
    browser: bool,
    /// What the script makes of it where that is neither `input` nor `output`.
    sent: Option<String>,
    /// What ingest makes of `sent` where that is not `output`: the same with a less exact placeholder.
    stored: Option<String>,
}

impl Example {
    /// What reaches ingest from a browser.
    fn sent(&self) -> &str {
        match (&self.sent, self.browser) {
            (Some(sent), _) => sent,
            (None, true) => &self.output,
            (None, false) => &self.input,
        }
    }
}

fn examples() -> Vec<Example> {
    let text = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../schemas/examples/scrub.json"
    ));
    let values: Vec<serde_json::Value> = serde_json::from_str(text).expect("scrub.json is a list");
    let field = |value: &serde_json::Value, name: &str| {
        value[name]
            .as_str()
            .unwrap_or_else(|| panic!("{name} is no text in {value}"))
            .to_owned()
    };
    let optional = |value: &serde_json::Value, name: &str| value.get(name).map(|_| field(value, name));
    let example = |value: &serde_json::Value| Example {
        rule: field(value, "rule"),
        setting: match field(value, "of").as_str() {
            "path" => Setting::Path,
            "anchor" => Setting::Selector,
            other => panic!("an example of {other:?}"),
        },
        input: field(value, "input"),
        output: field(value, "output"),
        browser: value["browser"].as_bool().expect("browser is true or false"),
        sent: optional(value, "sent"),
        stored: optional(value, "stored"),
    };
    values.iter().map(example).collect()
}

fn at_ingest(text: &str, setting: Setting) -> String {
    match setting {
        Setting::Path => scrub_path(text).into_owned(),
        Setting::Selector => scrub_anchor(text).into_owned(),
    }
}

#[test]
fn every_example_comes_out_as_written() {
    let wrong: Vec<String> = examples()
        .iter()
        .map(|example| (example, at_ingest(&example.input, example.setting)))
        .filter(|(example, actual)| *actual != example.output)
        .map(|(example, actual)| {
            format!(
                "{} {}: {actual} instead of {}",
                example.rule, example.input, example.output
            )
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_the_script_masks_first_is_masked_as_well_afterwards() {
    for example in examples() {
        let stored = at_ingest(example.sent(), example.setting);
        let wanted = example.stored.as_ref().unwrap_or(&example.output);
        assert_eq!(stored, *wanted, "{}", example.input);
        assert_eq!(around_placeholders(&stored), around_placeholders(&example.output));
    }
}

/// What stands between placeholders, whichever they are.
fn around_placeholders(text: &str) -> String {
    let mut text = text.to_owned();
    for placeholder in PLACEHOLDERS {
        text = text.replace(placeholder, ":");
    }
    text
}

#[test]
fn a_rule_is_marked_for_the_browser_exactly_where_the_script_does_some_of_it() {
    let done: BTreeSet<String> = examples()
        .into_iter()
        .filter(|example| example.browser && example.input != example.output)
        .map(|example| example.rule)
        .collect();
    let marked: BTreeSet<String> = RULES
        .iter()
        .filter(|rule| rule.browser)
        .map(|rule| rule.id.to_owned())
        .collect();
    assert_eq!(marked, done);
    assert!(
        examples()
            .iter()
            .all(|example| example.rule != "clean" || example.browser)
    );
}

#[test]
fn every_rule_has_an_example_that_needs_it() {
    let examples = examples();
    let named: BTreeSet<&str> = examples.iter().map(|example| example.rule.as_str()).collect();
    let known: BTreeSet<&str> = RULES.iter().map(|rule| rule.id).chain(["clean"]).collect();
    assert_eq!(named, known);
    for Rule { id, placeholder, .. } in &RULES {
        assert!(
            PLACEHOLDERS.contains(placeholder),
            "{placeholder} of {id} is not in the list"
        );
        let mine = |example: &&Example| example.rule == *id && example.input != example.output;
        for example in examples.iter().filter(mine) {
            assert!(
                example.output.contains(placeholder),
                "{} is no example of {id}",
                example.input
            );
        }
    }
    assert!(examples.len() >= 80);
    assert!(examples.iter().filter(|example| example.rule == "clean").count() >= 30);
}

#[test]
fn what_is_clean_is_borrowed() {
    for example in examples().iter().filter(|example| example.rule == "clean") {
        assert_eq!(example.input, example.output);
        assert!(
            matches!(scrub(&example.input, example.setting), Cow::Borrowed(_)),
            "{}",
            example.input
        );
    }
}

#[test]
fn work_grows_with_the_length_and_not_with_its_square() {
    // Each unit sends one of the rules on its longest way, with and without a match.
    let units = [
        "a@",
        "%25",
        "%2525",
        "%41",
        "%253",
        "eyJ",
        "eyJa.",
        "eyJ.a.b.c.d",
        "1-",
        "0 ",
        "ab12-",
        "::",
        "a:",
        "a1B2",
        "1.",
        "0-0-",
        "+1 ",
        ":ip",
        ":email",
        "=:email",
        "/u/a",
        "1::2 ",
        "1.2.3.4:",
        "1.2.3.4 ",
        "amFuZUBleGFtcGxlLmNvbQ-",
        "MTIzNDU2-",
        "K7gNU3sdoOL0wNhqoVWhr3g6s1-the-",
        "K7gN/",
        "/",
        "é",
        "ab/é1",
        "0123456789abcdef-",
        "user/",
        "a@b.cd ",
        "DE79000000001234567890 ",
        "4111111111111111 ",
        "3f2b8c1e-5d4a-4b6f-9a7e-0c1d2e3f4a5b",
        "x=",
        "x=@",
    ];
    for unit in units {
        let steps = |bytes: usize| {
            let text = format!("/{}", unit.repeat(bytes / unit.len()));
            STEPS.with(|steps| steps.set(0));
            std::hint::black_box(scrub_path(&text));
            STEPS.with(std::cell::Cell::get)
        };
        let counted = [steps(1 << 12), steps(1 << 16)];
        // Rounds and cut runs may cost four times as much per byte; quadratic work would cost sixteen times.
        let is_linear = counted[1] <= counted[0] * 16 * 4 && counted[1] <= 1_000 << 16;
        assert!(is_linear, "{unit:?}: {counted:?} steps for 4 and for 64 KiB");
    }
}

#[test]
fn random_tokens_hardly_ever_get_through() {
    let mut runner = TestRunner::deterministic();
    for (kind, per_mille_max) in [
        ("[a-zA-Z0-9]{24}", 5),
        ("[a-zA-Z0-9]{20}", 15),
        ("[a-z0-9]{25}", 15),
        ("[A-Z2-7]{32}", 30),
    ] {
        let tokens = proptest::string::string_regex(kind).expect("a pattern");
        let mut through = 0;
        for _ in 0..10_000 {
            let token = tokens.new_tree(&mut runner).expect("a token").current();
            through += usize::from(scrub_path(&format!("/{token}")).contains(&token));
        }
        assert!(through <= per_mille_max * 10, "{through} of 10,000 like {kind}");
    }
}

/// Text of which rules are made, so that matches meet, overlap and uncover each other.
fn confusing() -> impl Strategy<Value = String> {
    proptest::collection::vec(confusing_bit(), 0..14).prop_map(|bits| bits.concat())
}

fn confusing_bit() -> impl Strategy<Value = &'static str> {
    proptest::sample::select(vec![
        "/",
        "/",
        "/user/",
        "/u/",
        "/reset/",
        "/@",
        "~",
        "@",
        "%40",
        "%2540",
        "jane",
        "example.com",
        ".",
        "-",
        "_",
        " ",
        ":",
        "::",
        "+",
        "00",
        "=",
        "\"",
        "]",
        "eyJ",
        "abc",
        "1",
        "12",
        "123456",
        "2026",
        "11",
        "192.0.2.1",
        "2001:db8",
        "fe80",
        "4111111111111111",
        "1111",
        "4111",
        "3f2b8c1e",
        "9a7e0c1d2e3f",
        "4b6f",
        "amFuZUBleGFtcGxlLmNvbQ",
        "K7gNU3sdoOL0wNhq",
        "oVWhr3g6s1",
        "01HZX3V9K2M4N6P8Q0R2S4T6W8",
        "é",
        "茶",
        ":email",
        ":number",
        ":name",
        ":token",
        ":ip",
        "settings",
    ])
}

/// Bytes of the longest text of [`anything`]: a whole body, though no path or anchor may be as long.
const FUZZED_BYTES_MAX: usize = 16 * 1_024;
/// Texts of [`anything`] in a test run. `ISOTHERM_SCRUB_CASES` asks for more.
const FUZZED_CASES: u32 = 100;
/// Bytes a text of [`anything`] may cost per byte of its own, all rules and rounds together, and so many more for the
/// rules that look ahead.
const FUZZED_STEPS_PER_BYTE_MAX: usize = 1_000;

/// Milliseconds for which a long text that fails is made smaller.
const SHRINK_MS_MAX: u32 = 20_000;

fn fuzzed_cases() -> u32 {
    std::env::var("ISOTHERM_SCRUB_CASES").map_or(FUZZED_CASES, |cases| {
        cases.parse().expect("ISOTHERM_SCRUB_CASES is a number")
    })
}

/// Any mixture of characters, percent escapes (whole, cut off, of bytes that are no text), slashes and what rules are made
/// of; one in eight is long, half of these one thing over and over.
fn anything() -> impl Strategy<Value = String> {
    let bit = || {
        prop_oneof![
            4 => any::<char>().prop_map(String::from),
            4 => "[ -~]",
            4 => any::<u8>().prop_map(|byte| format!("%{byte:02X}")),
            1 => "%(25){0,3}[0-9a-fA-F]{0,2}",
            2 => Just("/".to_owned()),
            4 => confusing_bit().prop_map(str::to_owned),
        ]
    };
    let repeated = (proptest::collection::vec(bit(), 0..8), bit(), 0..FUZZED_BYTES_MAX);
    let text = prop_oneof![
        14 => proptest::collection::vec(bit(), 0..80),
        1 => proptest::collection::vec(bit(), 0..FUZZED_BYTES_MAX / 3),
        1 => repeated.prop_map(|(before, bit, bytes)| vec![before.concat(), bit.repeat(bytes / bit.len().max(1))]),
    ];
    text.prop_map(|bits| {
        let mut text = bits.concat();
        text.truncate(text.floor_char_boundary(FUZZED_BYTES_MAX));
        text
    })
}

/// What a text becomes, and how many bytes were looked at for it.
fn counted(text: &str, setting: Setting) -> (String, usize) {
    STEPS.with(|steps| steps.set(0));
    let scrubbed = at_ingest(text, setting);
    (scrubbed, STEPS.with(std::cell::Cell::get))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn scrubbing_is_idempotent(text in prop_oneof![confusing(), "\\PC{0,60}", "[a-fA-F0-9:./@%+ _-]{0,60}"]) {
        let path = scrub_path(&text);
        prop_assert_eq!(scrub_path(&path), path.as_ref());
        let anchor = scrub_anchor(&text);
        prop_assert_eq!(scrub_anchor(&anchor), anchor.as_ref());
    }

    #[test]
    fn no_rule_finds_what_it_says_it_needs_more_for(text in prop_oneof![confusing(), "[a-fA-F0-9:./@%+ _-]{0,60}"]) {
        for rule in &RULES {
            if let Seeks::Text { needs, find } = rule.seeks && !needs(&Profile::of(&text)) {
                prop_assert_eq!(find(&text), None, "{} of {:?}", rule.id, text);
            }
        }
    }

    #[test]
    fn an_address_never_gets_through(
        before in "[a-z]{0,6}[/ =;:,(]", local in "[a-z][a-z0-9.+_-]{0,12}", host in "[a-z]{2,9}\\.(com|example|co\\.uk)",
        sign in "@|%40|%2540", after in "([/ ;,)?].{0,8})?",
    ) {
        let scrubbed = scrub_path(&format!("/{before}{local}{sign}{host}{after}")).into_owned();
        let tail = format!("{sign}{host}");
        prop_assert!(!scrubbed.contains(&tail), "{}", scrubbed);
    }

    #[test]
    fn a_long_number_never_gets_through(before in "[a-zA-Z._=-]{0,6}", number in "[1-9][0-9]{8,24}", after in "[a-zA-Z._=-]{0,6}") {
        let scrubbed = scrub_path(&format!("/{before}{number}{after}")).into_owned();
        prop_assert!(!scrubbed.contains(&number), "{}", scrubbed);
    }

    #[test]
    fn slugs_of_words_stay(words in proptest::collection::vec("(tea|pot|Blue|summer|how-to|brew|v2|12oz|2026|x)", 1..12)) {
        let path = format!("/{}", words.join("-"));
        prop_assert_eq!(scrub_path(&path), path.as_str());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: fuzzed_cases(), max_shrink_time: SHRINK_MS_MAX, ..ProptestConfig::default() })]

    #[test]
    fn whatever_comes_is_scrubbed_once_for_all_and_in_linear_time(text in anything()) {
        for setting in [Setting::Path, Setting::Selector] {
            let (once, steps) = counted(&text, setting);
            prop_assert!(steps <= FUZZED_STEPS_PER_BYTE_MAX * (text.len() + 64), "{} steps for {} bytes", steps, text.len());
            prop_assert_eq!(at_ingest(&once, setting), once);
        }
    }
}
