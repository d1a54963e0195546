//! The forms in which a value can be left behind, as the bytes to look for.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha256};

use crate::canary::Canary;

/// Bytes of a hash that are looked for: what is cut to 64 bits is found as well.
const HASH_BYTES: usize = 8;
/// Shortest text of base64 that is looked for.
const BASE64_CHARS_MIN: usize = 9;

/// How a value is written.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Form {
    /// As it was sent, in any case of letters.
    Plain,
    /// Every byte percent-encoded.
    Percent,
    /// Base64, of either alphabet, wherever it begins in what was encoded.
    Base64,
    /// Hexadecimal.
    Hex,
    /// Backwards.
    Reversed,
    /// UTF-16, of either order.
    Utf16,
    /// The bytes of an address, in either order.
    Packed,
    /// MD5 as text.
    Md5Text,
    /// MD5 as bytes or number.
    Md5Bytes,
    /// SHA-1 as text.
    Sha1Text,
    /// SHA-1 as bytes or number.
    Sha1Bytes,
    /// SHA-256 as text.
    Sha256Text,
    /// SHA-256 as bytes or number.
    Sha256Bytes,
    /// The first 8 bytes of a hash as a decimal number.
    HashNumber,
}

/// Every form of a canary.
pub(crate) fn forms(canary: &Canary) -> Vec<(Form, Vec<u8>)> {
    let own = canary.own.as_bytes();
    let mut all = vec![
        (Form::Plain, own.to_vec()),
        (
            Form::Percent,
            own.iter().flat_map(|b| format!("%{b:02x}").into_bytes()).collect(),
        ),
        (Form::Hex, hex(own)),
        (Form::Reversed, own.iter().rev().copied().collect()),
        (Form::Utf16, utf16(own)),
    ];
    all.extend(base64(own).into_iter().map(|text| (Form::Base64, text)));
    packed(&canary.packed, &mut all);
    let mut hashed = vec![own, canary.whole.as_bytes()];
    if !canary.packed.is_empty() {
        hashed.push(&canary.packed);
    }
    hashed.dedup();
    for value in hashed {
        digest(&Md5::digest(value), (Form::Md5Text, Form::Md5Bytes), &mut all);
        digest(&Sha1::digest(value), (Form::Sha1Text, Form::Sha1Bytes), &mut all);
        digest(&Sha256::digest(value), (Form::Sha256Text, Form::Sha256Bytes), &mut all);
    }
    all
}

/// Four bytes are met by chance, so of a short address only its texts and hashes are looked for, and its number as text.
fn packed(bytes: &[u8], all: &mut Vec<(Form, Vec<u8>)>) {
    if let Ok(short) = <[u8; 4]>::try_from(bytes) {
        all.push((Form::Packed, u32::from_be_bytes(short).to_string().into_bytes()));
    } else if !bytes.is_empty() {
        all.push((Form::Packed, bytes.to_vec()));
        all.push((Form::Packed, bytes.iter().rev().copied().collect()));
        all.push((Form::Hex, hex(bytes)));
        all.extend(base64(bytes).into_iter().map(|text| (Form::Base64, text)));
    }
}

fn digest(hash: &[u8], (text, raw): (Form, Form), all: &mut Vec<(Form, Vec<u8>)>) {
    let mut head = [0; HASH_BYTES];
    head.copy_from_slice(&hash[..HASH_BYTES]);
    all.push((text, hex(&head)));
    all.push((text, STANDARD_NO_PAD.encode(&head[..6]).into_bytes()));
    all.push((raw, head.to_vec()));
    all.push((raw, head.iter().rev().copied().collect()));
    for number in [u64::from_be_bytes(head), u64::from_le_bytes(head)] {
        all.push((Form::HashNumber, number.to_string().into_bytes()));
    }
}

/// UTF-16 of either order: what lies between the first and the last letter is the same in both.
fn utf16(own: &[u8]) -> Vec<u8> {
    let mut bytes: Vec<u8> = own.iter().flat_map(|byte| [*byte, 0]).collect();
    bytes.pop();
    bytes
}

/// The part of base64 that depends on the value alone, for each of the three places at which it can begin.
fn base64(own: &[u8]) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    for skip in 0..3 {
        let whole = &own[skip..];
        let whole = &whole[..whole.len() / 3 * 3];
        for text in [STANDARD_NO_PAD.encode(whole), URL_SAFE_NO_PAD.encode(whole)] {
            if text.len() >= BASE64_CHARS_MIN {
                all.push(text.into_bytes());
            }
        }
    }
    all
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    bytes
        .iter()
        .flat_map(|byte| format!("{byte:02x}").into_bytes())
        .collect()
}
