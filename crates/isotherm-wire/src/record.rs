//! Packed log records: a frame with a checksummed header, and a body of interactions of one partition and hour.
//!
//! `schemas/record.v1.md` describes the bytes. A record that does not decode is poison: its header still says which
//! record it was, so that it advances its lane and never stalls the rest.

#[cfg(test)]
mod dictionary;

use std::collections::HashMap;

use isotherm_core::admit::Interaction;
use isotherm_core::beacon::Reach;
use isotherm_core::country::Country;
use isotherm_core::day::Hour;
use isotherm_core::place::{Cell, FirstTouch, Layer, Place, SubCell, Unit};
use isotherm_core::record::{Lane, RecordHeader};
use isotherm_core::viewport::ViewportClass;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The first bytes of every record.
pub const MAGIC: [u8; 2] = *b"IR";
/// The version of frame and body that is written.
pub const VERSION: u8 = 1;
/// Bytes of the frame before the body: magic 2, version 1, reserved 1, lane 8, partition 2, seq 8, floor 8, body length 4,
/// header checksum 4.
pub const HEADER_BYTES: usize = 38;
/// Bytes of the body's checksum behind it.
const BODY_CHECK_BYTES: usize = 4;
/// At about this size the packer starts another record: well under a Kafka message's usual 1 MiB.
pub const BODY_BYTES_TARGET: usize = 256 * 1024;

/// What of a frame cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum RecordError {
    /// Too short, no magic, or the header's checksum is wrong: not even its name is known.
    #[error("record header is damaged")]
    Header,
    /// A version that this binary does not know.
    #[error("record version {0} is not known")]
    Version(u8),
    /// The body's length or checksum is wrong.
    #[error("record body is damaged")]
    Body,
    /// The body decodes to values that cannot be.
    #[error("record body holds an impossible {0}")]
    Value(&'static str),
}

/// A frame whose header is good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// The record's name.
    pub header: RecordHeader,
    version: u8,
    body: Result<&'a [u8], RecordError>,
}

/// A decoded body whose every value was checked.
#[derive(Debug)]
pub struct Unpacked<'a> {
    raw: RecordV1<'a>,
}

/// An interaction of a decoded body; texts by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unfolded {
    /// Index of the site key among the texts.
    pub site: u32,
    /// Index of the page's path among the texts.
    pub page: u32,
    /// The country.
    pub country: Country,
    /// The viewport class.
    pub viewport: ViewportClass,
    /// Whether it opens a page view.
    pub view: bool,
    /// The fold in steps of 100 px.
    pub fold_100px: Option<u8>,
    /// The reach it adds.
    pub reach: Reach,
}

/// A place of a decoded body; the anchor by index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UnfoldedPlace {
    /// Click or tap.
    pub layer: Layer,
    /// On the grid.
    pub cell: Option<Cell>,
    /// On an element: index of the anchor among the texts, and the position inside.
    pub anchor: Option<(u32, SubCell)>,
    /// How often.
    pub n: u8,
    /// First touches.
    pub first: FirstTouch,
}

#[derive(Debug, Serialize, Deserialize)]
struct RecordV1<'a> {
    hour: u32,
    #[serde(borrow)]
    texts: Vec<&'a str>,
    interactions: Vec<InteractionV1>,
    places: Vec<PackedPlaceV1>,
}

#[derive(Debug, Serialize, Deserialize)]
struct InteractionV1 {
    site: u32,
    page: u32,
    country: [u8; 2],
    viewport: u8,
    view: bool,
    fold_100px: Option<u8>,
    reach_from: u8,
    reach_to: u8,
    places: u8,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct PackedPlaceV1 {
    layer: u8,
    cell: Option<(u16, u16)>,
    element: Option<ElementV1>,
    n: u8,
    first: u8,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct ElementV1 {
    anchor: u32,
    px16: bool,
    y: u16,
    x: u16,
}

/// Packs interactions of one partition and hour into a record's body. Each text stands in it once.
pub fn pack(hour: Hour, interactions: &[Interaction]) -> Vec<u8> {
    let mut texts = Texts::default();
    let mut raw = RecordV1 {
        hour: hour.0,
        texts: Vec::new(),
        interactions: Vec::new(),
        places: Vec::new(),
    };
    for interaction in interactions {
        raw.interactions.push(InteractionV1 {
            site: texts.index(interaction.site.as_str()),
            page: texts.index(interaction.page.as_str()),
            country: interaction.country.bytes(),
            viewport: interaction.viewport.code(),
            view: interaction.view,
            fold_100px: interaction.fold_100px,
            reach_from: interaction.reach.from(),
            reach_to: interaction.reach.to(),
            // A beacon holds at most 64 places.
            places: interaction.places.len() as u8,
        });
        raw.places
            .extend(interaction.places.iter().map(|place| packed_place(place, &mut texts)));
    }
    raw.texts = texts.list;
    // Serialising plain structs into a growing vector has nothing that can fail.
    postcard::to_allocvec(&raw).expect("plain structs serialise")
}

/// About how many bytes an interaction adds to a body, for `BODY_BYTES_TARGET`.
pub fn packed_bytes_about(interaction: &Interaction) -> usize {
    let anchors: usize = interaction
        .places
        .iter()
        .map(|place| place.anchor.as_ref().map_or(0, |(anchor, _)| anchor.as_str().len()))
        .sum();
    interaction.page.as_str().len() + 16 + 20 * interaction.places.len() + anchors
}

/// The hour in which a record was written, without decoding the rest of it; `None` for a damaged or unknown one.
pub fn hour_of(bytes: &[u8]) -> Option<Hour> {
    let frame = Frame::parse(bytes).ok().filter(|frame| frame.version == VERSION)?;
    // The hour is the body's first field.
    let (hour, _rest) = postcard::take_from_bytes(frame.body.ok()?).ok()?;
    Some(Hour(hour))
}

/// Puts a body into its frame.
pub fn frame(header: &RecordHeader, body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER_BYTES + body.len() + BODY_CHECK_BYTES);
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&[VERSION, 0]);
    bytes.extend_from_slice(&header.lane.0.to_le_bytes());
    bytes.extend_from_slice(&header.partition.to_le_bytes());
    bytes.extend_from_slice(&header.seq.to_le_bytes());
    bytes.extend_from_slice(&header.floor.to_le_bytes());
    // A body is a few hundred KiB at most, see BODY_BYTES_TARGET.
    bytes.extend_from_slice(&(body.len() as u32).to_le_bytes());
    let check = crc32fast::hash(&bytes);
    bytes.extend_from_slice(&check.to_le_bytes());
    bytes.extend_from_slice(body);
    bytes.extend_from_slice(&crc32fast::hash(body).to_le_bytes());
    bytes
}

impl<'a> Frame<'a> {
    /// Reads a frame's header; the body is checked when it is asked for.
    pub fn parse(bytes: &'a [u8]) -> Result<Frame<'a>, RecordError> {
        let head = bytes.first_chunk::<HEADER_BYTES>().ok_or(RecordError::Header)?;
        let (fields, check) = head.split_at(HEADER_BYTES - 4);
        if fields[..2] != MAGIC || check != crc32fast::hash(fields).to_le_bytes() {
            return Err(RecordError::Header);
        }
        let header = RecordHeader {
            lane: Lane(u64_at(fields, 4)),
            partition: u16::from_le_bytes([fields[12], fields[13]]),
            seq: u64_at(fields, 14),
            floor: u64_at(fields, 22),
        };
        let length = u32::from_le_bytes([fields[30], fields[31], fields[32], fields[33]]) as usize;
        Ok(Frame {
            header,
            version: fields[2],
            body: checked_body(&bytes[HEADER_BYTES..], length),
        })
    }

    /// Decodes and checks the body.
    pub fn unpack(&self) -> Result<Unpacked<'a>, RecordError> {
        if self.version != VERSION {
            return Err(RecordError::Version(self.version));
        }
        let raw: RecordV1 = postcard::from_bytes(self.body?).map_err(|_| RecordError::Body)?;
        check(&raw)?;
        Ok(Unpacked { raw })
    }

    /// The version that the frame says it has.
    pub fn version(&self) -> u8 {
        self.version
    }
}

impl<'a> Unpacked<'a> {
    /// The hour in which the record was written.
    pub fn hour(&self) -> Hour {
        Hour(self.raw.hour)
    }

    /// A text by index; every index that interactions and places name is there.
    pub fn text(&self, index: u32) -> &'a str {
        self.raw.texts[index as usize]
    }

    /// How many texts there are.
    pub fn texts(&self) -> usize {
        self.raw.texts.len()
    }

    /// The interactions with their places, in order.
    pub fn interactions(&self) -> impl Iterator<Item = (Unfolded, impl Iterator<Item = UnfoldedPlace> + '_)> + '_ {
        let mut next = 0;
        self.raw.interactions.iter().filter_map(move |raw| {
            let from = next;
            next += raw.places as usize;
            // `check` made sure that every interaction and place converts; none is dropped here.
            Some((
                unfolded(raw).ok()?,
                self.raw.places[from..next]
                    .iter()
                    .filter_map(|raw| unfolded_place(raw).ok()),
            ))
        })
    }
}

/// Texts by first appearance.
#[derive(Default)]
struct Texts<'a> {
    list: Vec<&'a str>,
    index: HashMap<&'a str, u32>,
}

impl<'a> Texts<'a> {
    fn index(&mut self, text: &'a str) -> u32 {
        let next = self.list.len() as u32;
        let index = *self.index.entry(text).or_insert(next);
        if index == next {
            self.list.push(text);
        }
        index
    }
}

fn packed_place<'a>(place: &'a Place, texts: &mut Texts<'a>) -> PackedPlaceV1 {
    PackedPlaceV1 {
        layer: place.layer as u8,
        cell: place.cell.map(|cell| (cell.y, cell.x)),
        element: place.anchor.as_ref().map(|(anchor, sub)| ElementV1 {
            anchor: texts.index(anchor.as_str()),
            px16: sub.unit == Unit::Px16,
            y: sub.y,
            x: sub.x,
        }),
        n: place.n,
        first: place.first.bits(),
    }
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut value = [0; 8];
    value.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(value)
}

fn checked_body(rest: &[u8], length: usize) -> Result<&[u8], RecordError> {
    let (body, check) = rest.split_at_checked(length).ok_or(RecordError::Body)?;
    match check == crc32fast::hash(body).to_le_bytes() {
        true => Ok(body),
        false => Err(RecordError::Body),
    }
}

fn check(raw: &RecordV1) -> Result<(), RecordError> {
    let texts = raw.texts.len() as u32;
    let places: usize = raw.interactions.iter().map(|i| i.places as usize).sum();
    if places != raw.places.len() {
        return Err(RecordError::Value("number of places"));
    }
    for interaction in &raw.interactions {
        unfolded(interaction)?;
        if interaction.site >= texts || interaction.page >= texts {
            return Err(RecordError::Value("text"));
        }
    }
    for place in &raw.places {
        if let Some((anchor, _)) = unfolded_place(place)?.anchor
            && anchor >= texts
        {
            return Err(RecordError::Value("text"));
        }
    }
    Ok(())
}

fn unfolded(raw: &InteractionV1) -> Result<Unfolded, RecordError> {
    Ok(Unfolded {
        site: raw.site,
        page: raw.page,
        country: Country::new(raw.country).ok_or(RecordError::Value("country"))?,
        viewport: ViewportClass::from_code(raw.viewport).ok_or(RecordError::Value("viewport class"))?,
        view: raw.view,
        fold_100px: raw.fold_100px,
        reach: Reach::new(raw.reach_from, raw.reach_to).ok_or(RecordError::Value("reach"))?,
    })
}

fn unfolded_place(raw: &PackedPlaceV1) -> Result<UnfoldedPlace, RecordError> {
    let cell = match raw.cell {
        None => None,
        Some((y, x)) => Some(Cell::new(x, y).ok_or(RecordError::Value("cell"))?),
    };
    let anchor = match raw.element {
        None => None,
        Some(ElementV1 { anchor, px16, y, x }) => {
            let unit = if px16 { Unit::Px16 } else { Unit::Eighth };
            Some((anchor, SubCell::new(unit, x, y).ok_or(RecordError::Value("sub-cell"))?))
        }
    };
    let layer = Layer::from_code(raw.layer)
        .filter(|layer| layer.has_places())
        .ok_or(RecordError::Value("layer"))?;
    let first = FirstTouch::new(raw.first).ok_or(RecordError::Value("first touch"))?;
    Ok(UnfoldedPlace {
        layer,
        cell,
        anchor,
        n: raw.n,
        first,
    })
}
