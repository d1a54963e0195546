//! Beacons as JSON.

use isotherm_core::place::Layer;
use isotherm_wire::beacon::{beacon_schema, parse_beacon};

const GOOD: &str = r##"{"v":1, "site":"acme", "path":"/p", "w":1440, "h":900, "touch":false, "view":true, "scroll":63, "scrolled":0,
 "places":[{"layer":"click", "cell":[25,16], "anchor":"#buy", "sub":[4,4], "n":1, "first":31}]}"##;

#[test]
fn the_contracts_example_is_a_beacon() {
    let beacon = parse_beacon(GOOD.as_bytes()).expect("the example");
    assert_eq!(beacon.site.as_str(), "acme");
    assert_eq!(beacon.places[0].layer, Layer::Click);
    assert_eq!(beacon.places[0].cell.map(|c| (c.x, c.y)), Some((25, 16)));
}

#[test]
fn anything_else_is_refused() {
    let replaced = |from: &str, to: &str| {
        assert!(GOOD.contains(from), "{from}");
        GOOD.replacen(from, to, 1)
    };
    let bad = [
        replaced(r#""v":1"#, r#""v":2"#),
        replaced(r#""v":1,"#, ""),
        replaced("acme", "Acme"),
        replaced(r#""/p""#, r#""p""#),
        replaced("1440", "0"),
        replaced("1440", "1440.5"),
        replaced("1440", "-1"),
        replaced("63", "101"),
        replaced(r#""scrolled":0"#, r#""scrolled":64"#),
        replaced(r#""view":true"#, r#""view":false"#),
        replaced(r#""n":1"#, r#""n":0"#),
        replaced(r#""n":1"#, r#""n":256"#),
        replaced(r#""first":31"#, r#""first":30"#),
        replaced(r#""first":31"#, r#""first":32"#),
        replaced("[25,16]", "[1024,16]"),
        replaced("[25,16]", "[25,32768]"),
        replaced("[4,4]", "[8,4]"),
        replaced(r#""sub":[4,4],"#, ""),
        replaced("click", "view"),
        replaced("click", "attention"),
        replaced("#buy", "a\\u0000b"),
        replaced(r#""touch":false"#, r#""touch":false,"visitor":"x""#),
        replaced(r#""n":1"#, r#""n":1,"text":"x""#),
        replaced(r#""w":1440"#, r#""w":1440,"w":1440"#),
        format!("{GOOD} x"),
        r#"[1,"acme","/p",1440,900,false,true,63,0,[]]"#.to_owned(),
        String::new(),
        "[".repeat(10_000),
    ];
    for body in &bad {
        assert!(
            parse_beacon(body.as_bytes()).is_err(),
            "{}",
            &body[..body.len().min(300)]
        );
    }
    assert!(parse_beacon(b"\xff\xfe{}").is_err());
}

#[test]
fn the_schema_in_the_repository_is_the_one_of_the_code() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../schemas/beacon.v1.json");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written == beacon_schema(),
        "schemas/beacon.v1.json is stale: run `cargo run -p xtask -- schemas`"
    );
}

#[test]
fn the_shared_examples_are_read_alike() {
    let read = |name: &str| -> Vec<serde_json::Value> {
        let path = format!("{}/../../schemas/examples/{name}", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&std::fs::read_to_string(path).expect("the examples are in the repository"))
            .expect("a list")
    };
    let body = |example: &serde_json::Value| match example.get("text") {
        Some(text) => text.as_str().expect("text").to_owned(),
        None => example["beacon"].to_string(),
    };
    let (valid, invalid) = (read("beacon.valid.json"), read("beacon.invalid.json"));
    assert!(valid.len() >= 6 && invalid.len() >= 12);
    for example in &valid {
        let result = parse_beacon(body(example).as_bytes());
        assert!(result.is_ok(), "{}: {result:?}", example["name"]);
    }
    for example in &invalid {
        assert!(parse_beacon(body(example).as_bytes()).is_err(), "{}", example["name"]);
    }
}
