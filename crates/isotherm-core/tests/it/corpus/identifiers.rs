//! Identifiers that programs give out.

use super::encodings::hex;
use super::frames::Frame;
use super::random::Random;
use super::{Entry, Secret, anywhere};

pub(super) const CLASSES: &[Entry] = &[
    ("UUID", "RFC 9562: versions 1, 4 and 7", uuid),
    (
        "UUID, other forms",
        "RFC 9562: urn:uuid:, capitals; braces; without dashes",
        uuid_forms,
    ),
    ("ULID", "the ULID specification: 48 bits of time, 80 random bits", ulid),
    (
        "digest",
        "RFC 1321, FIPS 180-4: MD5, SHA-1, SHA-256 in hexadecimal",
        digest,
    ),
    (
        "hexadecimal id",
        "16 to 32 digits: BSON ObjectId, W3C trace and span ids, random",
        hex_id,
    ),
    ("session id", "Servlet 3.0 jsessionid, ASP.NET cookieless, PHP", session),
];

const CROCKFORD: &str = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Milliseconds of 2020 and of 2030.
const TIMES_MS: (u64, u64) = (1_577_836_800_000, 1_893_456_000_000);

fn uuid_bytes(random: &mut Random) -> [u8; 16] {
    let mut bytes: [u8; 16] = std::array::from_fn(|_| random.bits() as u8);
    let version = random.pick(&[1, 4, 4, 7]);
    if version == 7 {
        bytes[..6].copy_from_slice(&random.between(TIMES_MS.0, TIMES_MS.1).to_be_bytes()[2..]);
    }
    bytes[6] = bytes[6] & 0x0F | version << 4;
    bytes[8] = bytes[8] & 0x3F | 0x80;
    bytes
}

fn dashed(bytes: [u8; 16]) -> String {
    let hex = hex(&bytes);
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}

fn uuid(random: &mut Random) -> Secret {
    let text = dashed(uuid_bytes(random));
    anywhere(random, text)
}

fn uuid_forms(random: &mut Random) -> Secret {
    let bytes = uuid_bytes(random);
    let text = match random.below(4) {
        0 => format!("urn:uuid:{}", dashed(bytes)),
        1 => dashed(bytes).to_uppercase(),
        2 => format!("{{{}}}", dashed(bytes)),
        _ => hex(&bytes),
    };
    anywhere(random, text)
}

fn ulid(random: &mut Random) -> Secret {
    let time_ms = random.between(TIMES_MS.0, TIMES_MS.1);
    let letters: Vec<char> = CROCKFORD.chars().collect();
    let time: String = (0..10)
        .rev()
        .map(|at| letters[(time_ms >> (5 * at)) as usize & 31])
        .collect();
    let text = time + &random.text(CROCKFORD, 16);
    let text = if random.once_in(4) { text.to_lowercase() } else { text };
    anywhere(random, text)
}

fn digest(random: &mut Random) -> Secret {
    let length = random.pick(&[16, 20, 32]);
    let text = hex(&random.bytes(length));
    let text = if random.once_in(4) { text.to_uppercase() } else { text };
    anywhere(random, text)
}

fn hex_id(random: &mut Random) -> Secret {
    let length = random.pick(&[8, 10, 12, 12, 16]);
    let text = hex(&random.bytes(length));
    anywhere(random, text)
}

fn session(random: &mut Random) -> Secret {
    let text = match random.below(3) {
        0 => hex(&random.bytes(16)).to_uppercase(),
        1 => random.text("abcdefghijklmnopqrstuvwxyz012345", 24),
        _ => random.text("0123456789abcdefghijklmnopqrstuv", 26),
    };
    Secret {
        text,
        frame: Frame::session(random),
    }
}
