//! What stands in a record is what `schemas/record.v1.md` justifies, and nothing else.

use std::collections::BTreeMap;

use isotherm_core::Hour;
use isotherm_core::admit::Interaction;
use isotherm_core::beacon::Reach;
use isotherm_core::place::{Anchor, Cell, FirstTouch, Layer, Place, SubCell, Unit};
use isotherm_core::record::{Lane, RecordHeader};
use isotherm_core::{Country, PagePath, SiteKey, ViewportClass};
use serde_json::Value;

use super::{Frame, RecordV1, frame, pack};

/// Fields by the struct they stand in, in their order.
type Fields = BTreeMap<&'static str, Vec<String>>;

const STRUCTS: [&str; 4] = ["Record", "Interaction", "Place", "Element"];

const DICTIONARY: &str = include_str!("../../../../schemas/record.v1.md");

fn place(layer: Layer, unit: Unit) -> Place {
    Place {
        layer,
        cell: Cell::new(5, 300),
        anchor: Anchor::parse("#buy").zip(SubCell::new(unit, 3, 7)),
        n: 200,
        first: FirstTouch::new(31).expect("bits"),
    }
}

/// One with everything in it that can be in it.
fn full() -> Vec<u8> {
    let interaction = Interaction {
        site: SiteKey::parse("acme").expect("a site key"),
        page: PagePath::normalise("/p").expect("a path"),
        country: Country::parse("DE").expect("a country"),
        viewport: ViewportClass::Desktop,
        view: true,
        fold_100px: Some(9),
        reach: Reach::new(10, 63).expect("in order"),
        places: vec![place(Layer::Click, Unit::Eighth), place(Layer::Tap, Unit::Px16)],
    };
    let header = RecordHeader {
        lane: Lane(0x0123_4567_89ab_cdef),
        partition: 3,
        seq: 42,
        floor: 40,
    };
    // A field that is new does not compile here.
    let RecordHeader {
        lane: _,
        partition: _,
        seq: _,
        floor: _,
    } = header;
    frame(&header, &pack(Hour(500_000), &[interaction]))
}

/// The fields as they are written: an entry of JSON each, where postcard writes their values alone.
fn written() -> Fields {
    let bytes = full();
    let frame = Frame::parse(&bytes).expect("a frame");
    let raw: RecordV1 = postcard::from_bytes(frame.body.expect("a body")).expect("a record");
    let record = serde_json::to_value(&raw).expect("plain structs");
    let (interaction, place) = (&record["interactions"][0], &record["places"][0]);
    let values = [&record, interaction, place, &place["element"]];
    let names = |value: &Value| value.as_object().expect("a struct").keys().cloned().collect();
    STRUCTS.into_iter().zip(values.map(names)).map(sorted).collect()
}

/// The fields of which the dictionary says type, meaning and why they identify nobody.
fn justified(text: &str) -> Fields {
    let rows = |name: &str| {
        let (_, section) = text.split_once(&format!("\n## {name}\n")).expect("a section");
        let section = section.split("\n## ").next().unwrap_or(section);
        let rows = section.lines().filter(|line| line.starts_with("| ")).skip(1);
        let field = |row: &str| {
            let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
            let is_said = cells.len() == 4 && cells.iter().all(|cell| !cell.is_empty());
            is_said.then(|| cells[0].to_owned())
        };
        rows.filter_map(field).collect()
    };
    STRUCTS.into_iter().map(|name| (name, rows(name))).map(sorted).collect()
}

fn sorted((name, mut fields): (&'static str, Vec<String>)) -> (&'static str, Vec<String>) {
    fields.sort();
    (name, fields)
}

#[test]
fn the_dictionary_justifies_what_a_record_holds_and_nothing_else() {
    assert_eq!(written(), justified(DICTIONARY));
}

#[test]
fn a_field_that_nobody_justified_or_that_went_away_is_found() {
    let country = DICTIONARY.lines().find(|line| line.starts_with("| country |"));
    let country = country.expect("a field");
    let missing = DICTIONARY.replacen(country, "", 1);
    let unjustified = DICTIONARY.replacen(country, "| country | 2 letters | where |  |", 1);
    let too_many = DICTIONARY.replacen(
        country,
        &format!("{country}\n| visitor | u64 | who | nobody knows |"),
        1,
    );
    for dictionary in [missing, unjustified, too_many] {
        assert_ne!(written(), justified(&dictionary));
    }
}

#[test]
fn a_full_record_has_the_bytes_it_always_had() {
    let hex: String = full().iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(hex, GOLDEN);
}

/// Magic, version, reserved, lane, partition, seq, floor, length, check; hour, texts, the interaction, its places; check.
const GOLDEN: &str = concat!(
    "49520100efcdab896745230103002a00000000000000280000000000000036000000624152f9",
    "a0c21e030461636d65022f7004236275790100014445050101090a3f02",
    "020401ac02050102000703c81f0501ac02050102010703c81f",
    "f7da3ee3"
);
