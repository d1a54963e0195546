//! Numbers that belong to somebody.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::random::Random;
use super::{Entry, Secret, anywhere};

pub(super) const CLASSES: &[Entry] = &[
    ("number", "customer, order and case numbers: 6 to 19 digits", number),
    ("phone, E.164", "ITU-T E.164: + and at most 15 digits", e164),
    (
        "phone, international",
        "ITU-T E.123 and DIN 5008: country code, groups",
        international,
    ),
    (
        "phone, national",
        "how eleven national numbering plans are written",
        national,
    ),
    ("IBAN", "ISO 13616, electronic format", iban),
    ("IBAN, printed", "ISO 13616, paper format: groups of four", iban_printed),
    ("card", "ISO/IEC 7812-1: issuer prefix, Luhn digit", card),
    ("card, grouped", "as printed: 4-4-4-4, 4-6-5, 4-4-4-4-3", card_grouped),
    ("IPv4", "RFC 791, dotted decimal", ipv4),
    ("IPv6", "RFC 4291, 2.2, in full, and RFC 5952", ipv6),
];

/// Lengths and country codes of the IBAN registry, with the places that hold letters.
const IBANS: [(&str, usize, usize); 14] = [
    ("DE", 18, 0),
    ("FR", 23, 0),
    ("GB", 18, 4),
    ("NL", 14, 4),
    ("ES", 20, 0),
    ("IT", 23, 1),
    ("NO", 11, 0),
    ("BE", 12, 0),
    ("AT", 16, 0),
    ("CH", 17, 0),
    ("PL", 24, 0),
    ("SE", 20, 0),
    ("IE", 18, 4),
    ("MT", 27, 4),
];
/// Issuer prefixes and lengths.
const ISSUERS: [(&str, usize); 10] = [
    ("4", 16),
    ("4", 13),
    ("51", 16),
    ("55", 16),
    ("2221", 16),
    ("34", 15),
    ("37", 15),
    ("6011", 16),
    ("3528", 16),
    ("5018", 19),
];
const DIGITS: &str = "0123456789";

fn number(random: &mut Random) -> Secret {
    let digits = random.between(6, 19) as usize;
    let text = random.number(digits);
    anywhere(random, text)
}

fn country_code(random: &mut Random) -> &'static str {
    random.pick(&[
        "1", "7", "20", "33", "34", "44", "49", "55", "81", "86", "91", "351", "353", "420", "971",
    ])
}

fn e164(random: &mut Random) -> Secret {
    let (code, digits) = (country_code(random), random.between(7, 10) as usize);
    let text = format!("+{code}{}", random.number(digits));
    anywhere(random, text)
}

fn international(random: &mut Random) -> Secret {
    let code = country_code(random);
    let prefix = random.pick(&["+", "00"]);
    let (area, a, b) = (random.between(2, 3) as usize, random.between(3, 4) as usize, 4);
    let (area, a, b) = (random.number(area), random.text(DIGITS, a), random.text(DIGITS, b));
    let text = match random.below(5) {
        0 => format!("{prefix}{code} {area} {a} {b}"),
        1 => format!("{prefix}{code} {area} {a}{b}"),
        2 => format!("{prefix}{code}-{area}-{a}-{b}"),
        3 => format!("+{code} ({area}) {a}-{b}"),
        _ => format!("{prefix}{code}.{area}.{a}.{b}"),
    };
    anywhere(random, text)
}

fn national(random: &mut Random) -> Secret {
    // One letter per digit of the subscriber, everything else as it stands.
    let shape = random.pick(&[
        "(2xx) 5xx-xxxx",  // North America
        "3xx-5xx-xxxx",    // North America
        "020 7xxx xxxx",   // United Kingdom
        "07xxx xxxxxx",    // United Kingdom, mobile
        "030 9xxxxxxx",    // Germany
        "0171 xxxxxxx",    // Germany, mobile
        "06 xx xx xx xx",  // France
        "912 xxx xxx",     // Spain
        "06-xxxx xxxx",    // the Netherlands
        "03-xxxx-xxxx",    // Japan
        "98xxx xxxxx",     // India
        "(11) 9xxxx-xxxx", // Brazil
        "0412 xxx xxx",    // Australia
        "044 xxx xx xx",   // Switzerland
    ]);
    let text = shape.chars().map(|c| {
        if c == 'x' {
            random.pick(&['0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        } else {
            c
        }
    });
    let text = text.collect();
    anywhere(random, text)
}

fn iban_text(random: &mut Random) -> String {
    let (country, length, letters) = random.pick(&IBANS);
    let account = random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ", letters) + &random.text(DIGITS, length - letters);
    // ISO 7064, MOD 97-10.
    let value = |c: char| c.to_digit(36).expect("a letter or digit").to_string();
    let digits: String = format!("{account}{country}00").chars().map(value).collect();
    let remainder = digits
        .bytes()
        .fold(0_u32, |sum, digit| (sum * 10 + u32::from(digit - b'0')) % 97);
    format!("{country}{:02}{account}", 98 - remainder)
}

fn grouped(text: &str, lengths: &[usize], separator: char) -> String {
    let mut out = String::new();
    let mut lengths = lengths.iter().cycle();
    let (mut left, mut first) = (text, true);
    while !left.is_empty() {
        let length = (*lengths.next().expect("a cycle does not end")).min(left.len());
        if !first {
            out.push(separator);
        }
        first = false;
        out.push_str(&left[..length]);
        left = &left[length..];
    }
    out
}

fn iban(random: &mut Random) -> Secret {
    let text = iban_text(random);
    let text = if random.once_in(4) { text.to_lowercase() } else { text };
    anywhere(random, text)
}

fn iban_printed(random: &mut Random) -> Secret {
    let text = grouped(&iban_text(random), &[4], random.pick(&[' ', ' ', '-']));
    anywhere(random, text)
}

fn card_digits(random: &mut Random) -> String {
    let (prefix, length) = random.pick(&ISSUERS);
    let body = format!("{prefix}{}", random.text(DIGITS, length - 1 - prefix.len()));
    // ISO/IEC 7812-1, annex B: from the right, every second digit counts double, as the sum of its digits.
    let doubled = |(place, digit): (usize, u8)| {
        let digit = u32::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 };
        digit / 10 + digit % 10
    };
    let sum: u32 = body.bytes().rev().enumerate().map(doubled).sum();
    format!("{body}{}", (10 - sum % 10) % 10)
}

fn card(random: &mut Random) -> Secret {
    let text = card_digits(random);
    anywhere(random, text)
}

fn card_grouped(random: &mut Random) -> Secret {
    let digits = card_digits(random);
    let lengths: &[usize] = if digits.len() == 15 { &[4, 6, 5] } else { &[4] };
    let text = grouped(&digits, lengths, random.pick(&[' ', '-']));
    anywhere(random, text)
}

fn ipv4(random: &mut Random) -> Secret {
    let text = Ipv4Addr::from(random.bits() as u32).to_string();
    anywhere(random, text)
}

/// In the written forms of RFC 4291, 2.2: in full, shortened (RFC 5952), in capitals, in brackets, with IPv4 at the end.
fn ipv6(random: &mut Random) -> Secret {
    let mut groups: [u16; 8] = std::array::from_fn(|_| random.bits() as u16);
    groups[0] = random.pick(&[0x2001, 0x2003, 0x2a02, 0x2606, 0xfe80, 0xfd00]);
    let zeros = random.between(0, 5) as usize;
    groups[7 - zeros..7].fill(0);
    let address = Ipv6Addr::from(groups);
    let full = groups.map(|group| format!("{group:04x}")).join(":");
    let text = match random.below(5) {
        0 => full,
        1 => address.to_string().to_uppercase(),
        2 => format!("[{address}]"),
        3 => format!("::ffff:{}", Ipv4Addr::from(random.bits() as u32)),
        _ => address.to_string(),
    };
    anywhere(random, text)
}
