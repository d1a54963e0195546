//! Tokens that open something.

use super::encodings::{base64, padded};
use super::frames::Frame;
use super::random::Random;
use super::{Entry, Secret, anywhere};

pub(super) const CLASSES: &[Entry] = &[
    ("JWT, signed", "RFC 7519 in RFC 7515's compact form", jws),
    ("JWT, encrypted", "RFC 7519 in RFC 7516's compact form, five parts", jwe),
    (
        "base64url token",
        "128, 192 or 256 random bits, RFC 4648, section 5",
        base64url_token,
    ),
    (
        "base64 token",
        "128, 192 or 256 random bits, RFC 4648, section 4, padded",
        base64_token,
    ),
    (
        "base62 token",
        "22, 27, 32 or 43 letters and digits (128 bits and more, KSUID)",
        base62_token,
    ),
    (
        "base36 token",
        "25 to 32 small letters and digits (128 bits and more, cuid2)",
        base36_token,
    ),
    (
        "base32 token",
        "128 or 160 random bits, RFC 4648, section 6",
        base32_token,
    ),
    ("nanoid", "21 characters of A-Za-z0-9_-", nanoid),
    (
        "secret after a word",
        "4 to 40 characters of any kind after /reset/, /invite/ and the like",
        after_word,
    ),
];

const LOWER: &str = "abcdefghijklmnopqrstuvwxyz0123456789";
const BASE62: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const URL_SAFE: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn encoded(json: &str) -> String {
    base64(json.as_bytes(), b"-_")
}

fn signature(random: &mut Random, bytes: usize) -> String {
    base64(&random.bytes(bytes), b"-_")
}

fn claims(random: &mut Random) -> String {
    let (sub, at) = (random.between(1, 1 << 40), random.between(1_577_836_800, 1_893_456_000));
    let name = random.pick(&["jane", "olga", "ravi", "noor"]);
    match random.below(3) {
        0 => format!(r#"{{"sub":"{sub}","iat":{at}}}"#),
        1 => format!(r#"{{"iss":"https://login.example","sub":"{name}","exp":{at},"aud":"shop"}}"#),
        _ => format!(r#"{{"email":"{name}@example.com","jti":"{sub:x}"}}"#),
    }
}

fn jws(random: &mut Random) -> Secret {
    let (algorithm, bytes) = random.pick(&[("HS256", 32), ("ES256", 64), ("RS256", 256), ("none", 0)]);
    let header = match random.below(3) {
        0 => format!(r#"{{"alg":"{algorithm}","typ":"JWT"}}"#),
        1 => format!(r#"{{"typ":"JWT","alg":"{algorithm}"}}"#),
        _ => format!(r#"{{"alg":"{algorithm}","kid":"{}"}}"#, random.between(1, 99)),
    };
    let text = format!(
        "{}.{}.{}",
        encoded(&header),
        encoded(&claims(random)),
        signature(random, bytes)
    );
    anywhere(random, text)
}

fn jwe(random: &mut Random) -> Secret {
    let (algorithm, key) = random.pick(&[("dir", 0), ("A128KW", 24), ("RSA-OAEP", 256)]);
    let header = format!(r#"{{"alg":"{algorithm}","enc":"A128GCM"}}"#);
    let text_bytes = random.between(20, 80) as usize;
    let parts = [
        encoded(&header),
        signature(random, key),
        signature(random, 12),
        signature(random, text_bytes),
        signature(random, 16),
    ];
    anywhere(random, parts.join("."))
}

fn base64url_token(random: &mut Random) -> Secret {
    let bytes = random.pick(&[16, 24, 32]);
    let text = signature(random, bytes);
    anywhere(random, text)
}

fn base64_token(random: &mut Random) -> Secret {
    let bytes = random.pick(&[16, 24, 32]);
    let text = padded(base64(&random.bytes(bytes), b"+/"));
    anywhere(random, text)
}

fn base62_token(random: &mut Random) -> Secret {
    let length = random.pick(&[22, 27, 32, 43]);
    let text = random.text(BASE62, length);
    anywhere(random, text)
}

fn base36_token(random: &mut Random) -> Secret {
    let length = random.between(25, 32) as usize;
    let text = random.text(LOWER, length);
    anywhere(random, text)
}

fn base32_token(random: &mut Random) -> Secret {
    let length = random.pick(&[26, 32]);
    let text = random.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", length);
    let text = if random.once_in(4) { text.to_lowercase() } else { text };
    anywhere(random, text)
}

fn nanoid(random: &mut Random) -> Secret {
    let text = random.text(URL_SAFE, 21);
    anywhere(random, text)
}

fn after_word(random: &mut Random) -> Secret {
    let length = random.between(4, 40) as usize;
    let alphabet = random.pick(&[LOWER, BASE62, URL_SAFE, "0123456789", "abcdefghijklmnopqrstuvwxyz"]);
    Secret {
        text: random.text(alphabet, length),
        frame: Frame::secret(random),
    }
}
