//! Packed records.

use isotherm_core::admit::Interaction;
use isotherm_core::beacon::Reach;
use isotherm_core::place::{Anchor, Cell, FirstTouch, Layer, Place, SubCell, Unit};
use isotherm_core::record::{Lane, RecordHeader};
use isotherm_core::{Country, Hour, PagePath, SiteKey, ViewportClass};
use isotherm_wire::record::{Frame, HEADER_BYTES, RecordError, frame, hour_of, pack};
use proptest::prelude::*;

fn place() -> impl Strategy<Value = Place> {
    let bits = proptest::sample::select(vec![0u8, 1, 3, 7, 8, 24, 31]);
    (
        any::<bool>(),
        0u16..1024,
        0u16..32768,
        0u16..8,
        "[a-z#>.]{1,20}",
        1u8..=255,
        bits,
    )
        .prop_map(|(tap, x, y, eighth, anchor, n, bits)| Place {
            layer: if tap { Layer::Tap } else { Layer::Click },
            cell: Cell::new(x, y),
            anchor: Anchor::parse(&anchor)
                .map(|anchor| (anchor, SubCell::new(Unit::Eighth, eighth, 7 - eighth).expect("eighths"))),
            n,
            first: FirstTouch::new(bits).expect("bits"),
        })
}

fn interaction() -> impl Strategy<Value = Interaction> {
    (
        "[a-z]{1,8}",
        "/[a-z]{0,12}",
        1u16..4000,
        any::<bool>(),
        (0u8..=100, 0u8..=100),
        proptest::collection::vec(place(), 0..8),
    )
        .prop_map(|(site, path, width, view, (a, b), places)| Interaction {
            site: SiteKey::parse(&site).expect("a site key"),
            page: PagePath::normalise(&path).expect("a path"),
            country: Country::parse("DE").expect("a country"),
            viewport: ViewportClass::of_width(width),
            view,
            fold_100px: view.then_some(9),
            reach: Reach::new(a.min(b), a.max(b)).expect("in order"),
            places,
        })
}

fn header() -> RecordHeader {
    RecordHeader {
        lane: Lane(0x0123_4567_89ab_cdef),
        partition: 3,
        seq: 42,
        floor: 40,
    }
}

fn unpacked(bytes: &[u8]) -> Vec<Interaction> {
    let frame = Frame::parse(bytes).expect("a frame");
    let record = frame.unpack().expect("a body");
    record
        .interactions()
        .map(|(i, places)| Interaction {
            site: SiteKey::parse(record.text(i.site)).expect("a site key"),
            page: PagePath::normalise(record.text(i.page)).expect("a path"),
            country: i.country,
            viewport: i.viewport,
            view: i.view,
            fold_100px: i.fold_100px,
            reach: i.reach,
            places: places
                .map(|p| Place {
                    layer: p.layer,
                    cell: p.cell,
                    anchor: p
                        .anchor
                        .map(|(a, sub)| (Anchor::parse(record.text(a)).expect("an anchor"), sub)),
                    n: p.n,
                    first: p.first,
                })
                .collect(),
        })
        .collect()
}

proptest! {
    #[test]
    fn what_is_packed_is_unpacked(interactions in proptest::collection::vec(interaction(), 0..20)) {
        let bytes = frame(&header(), &pack(Hour(500_000), &interactions));
        prop_assert_eq!(Frame::parse(&bytes).expect("a frame").header, header());
        prop_assert_eq!(hour_of(&bytes), Some(Hour(500_000)));
        prop_assert_eq!(unpacked(&bytes), interactions);
    }

    #[test]
    fn a_flipped_bit_is_noticed_and_costs_no_more_than_its_part(
        interactions in proptest::collection::vec(interaction(), 1..5),
        at in any::<prop::sample::Index>(),
        bit in 0u8..8,
    ) {
        let mut bytes = frame(&header(), &pack(Hour(500_000), &interactions));
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        match Frame::parse(&bytes) {
            Err(error) => {
                prop_assert!(at < HEADER_BYTES);
                prop_assert_eq!(error, RecordError::Header);
            }
            Ok(frame) => {
                prop_assert!(at >= HEADER_BYTES);
                prop_assert_eq!(frame.header, header());
                prop_assert!(frame.unpack().is_err());
            }
        }
    }

    #[test]
    fn any_bytes_are_refused_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let framed = frame(&header(), &bytes);
        let _ = Frame::parse(&bytes).and_then(|f| f.unpack().map(|_| ()));
        let _ = Frame::parse(&framed).and_then(|f| f.unpack().map(|r| r.interactions().map(|(_, p)| p.count()).sum::<usize>()));
    }
}

#[test]
fn another_version_is_poison_with_a_name() {
    let mut bytes = frame(&header(), &pack(Hour(500_000), &[]));
    bytes[2] = 9;
    let check = crc32fast::hash(&bytes[..HEADER_BYTES - 4]);
    bytes[HEADER_BYTES - 4..HEADER_BYTES].copy_from_slice(&check.to_le_bytes());
    let frame = Frame::parse(&bytes).expect("the header is good");
    assert_eq!(frame.header, header());
    assert_eq!(frame.unpack().map(|_| ()), Err(RecordError::Version(9)));
}
