//! The values that must not be found: each unique, each traceable to the kind of thing it stands for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// Requests with a canary of each kind.
const REQUESTS: usize = 34;
/// Letters and digits of a canary's own part: as many as scrubbing needs to know a random word surely (docs/scrubbing.md), and
/// 20 of 36 cannot be met by chance.
const OWN_CHARS: usize = 20;

/// What a canary stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Kind {
    /// A visitor's network address.
    Address,
    /// A user agent.
    Agent,
    /// A cookie of the service's host.
    Cookie,
    /// A referrer.
    Referrer,
    /// A preferred language.
    Language,
    /// An e-mail address or a token in a path, a query or a fragment.
    Path,
    /// An identifier in a selector.
    Anchor,
    /// The payload of a record that cannot be decoded.
    Payload,
}

/// A value.
#[derive(Clone, Debug)]
pub struct Canary {
    /// What it stands for.
    pub kind: Kind,
    /// The whole value as it is sent.
    pub whole: String,
    /// The part that is nowhere else.
    pub own: String,
    /// The bytes of an address or a UUID.
    pub packed: Vec<u8>,
}

impl Canary {
    /// A value of which no part is looked for alone.
    pub fn of(kind: Kind, whole: &str, own: &str) -> Canary {
        Canary {
            kind,
            whole: whole.to_owned(),
            own: own.to_owned(),
            packed: Vec::new(),
        }
    }
}

/// Canaries of one round.
#[derive(Clone, Debug)]
pub struct Canaries {
    /// Seven kinds per request.
    pub requests: Vec<[Canary; 7]>,
    /// What a record of the topic holds that cannot be decoded.
    pub payload: Canary,
}

impl Canaries {
    /// New ones; another seed gives others.
    pub fn new(seed: u64) -> Canaries {
        let mut dice = Dice(seed | 1);
        let requests = (0..REQUESTS).map(|number| request(number, &mut dice)).collect();
        let own = dice.text(OWN_CHARS);
        let payload = Canary::of(Kind::Payload, &format!("no record: {own}"), &own);
        Canaries { requests, payload }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &Canary> {
        self.requests.iter().flatten().chain([&self.payload])
    }
}

fn request(number: usize, dice: &mut Dice) -> [Canary; 7] {
    let mut own = || dice.text(OWN_CHARS);
    let canary = |kind, whole: String, own: String| Canary {
        kind,
        whole,
        own,
        packed: Vec::new(),
    };
    let agent = own();
    let (cookie, referrer, language) = (own(), own(), own());
    let language = language[..8].to_owned();
    let anchor = own();
    let agent_text = format!(
        "Mozilla/5.0 (X11; Linux x86_64; {agent}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
    );
    [
        address(number, dice),
        canary(Kind::Agent, agent_text, agent),
        canary(Kind::Cookie, format!("sid={cookie}"), cookie),
        canary(
            Kind::Referrer,
            format!("https://acme.example/from?session={referrer}"),
            referrer,
        ),
        canary(Kind::Language, format!("de-x-{language}"), format!("de-x-{language}")),
        in_path(PATHS[number % PATHS.len()], dice),
        canary(Kind::Anchor, format!("#row-{anchor}"), anchor),
    ]
}

/// How something personal stands in a path.
#[derive(Clone, Copy)]
enum InPath {
    /// By where it stands: after a word before people.
    Name,
    /// After a word before secrets.
    Secret,
    /// An e-mail address.
    Mail,
    /// An e-mail address with its sign percent-encoded.
    MailEncoded,
    /// An e-mail address with its sign percent-encoded twice.
    MailEncodedTwice,
    /// An e-mail address in base64url.
    MailBase64,
    /// An e-mail address behind the path.
    Query,
    /// A word behind the path.
    Fragment,
    /// A token in hexadecimal.
    Hex,
    /// A UUID.
    Uuid,
    /// A signed token (RFC 7519) about somebody.
    Jwt,
}

/// All of them, so that the real binary meets each of the rules that take them away.
const PATHS: [InPath; 11] = [
    InPath::Name,
    InPath::Secret,
    InPath::Mail,
    InPath::MailEncoded,
    InPath::MailEncodedTwice,
    InPath::MailBase64,
    InPath::Query,
    InPath::Fragment,
    InPath::Hex,
    InPath::Uuid,
    InPath::Jwt,
];

/// A path with a canary in it. Only the rule for its kind knows it: what is no token is a word that can be spoken.
fn in_path(how: InPath, dice: &mut Dice) -> Canary {
    let canary = |whole: String, own: String, packed: Vec<u8>| Canary {
        kind: Kind::Path,
        whole,
        own,
        packed,
    };
    let word = dice.word(OWN_CHARS);
    let whole = match how {
        InPath::Name => format!("/account/{word}/orders"),
        InPath::Secret => format!("/invite/{word}"),
        InPath::Mail => format!("/contact/{word}@mail.example/orders"),
        InPath::MailEncoded => format!("/contact/{word}%40mail.example/orders"),
        InPath::MailEncodedTwice => format!("/contact/{word}%2540mail.example/orders"),
        InPath::MailBase64 => format!("/open/{}", base64url(&format!("{word}@mail.example"))),
        InPath::Query => format!("/newsletter/thanks?email={word}@mail.example"),
        InPath::Fragment => format!("/newsletter/thanks#{word}"),
        InPath::Hex => {
            let bytes = dice.bytes();
            let token = hex(&bytes);
            return canary(format!("/file/{token}"), token, bytes);
        }
        InPath::Uuid => {
            let bytes = dice.bytes();
            let [a, b, c, d, e] = [0..8, 8..12, 12..16, 16..20, 20..32].map(|part| hex(&bytes)[part].to_owned());
            let uuid = [a, b, c, d, e].join("-");
            return canary(format!("/order/{uuid}"), uuid, bytes);
        }
        InPath::Jwt => {
            let [head, claims] = [r#"{"alg":"HS256"}"#.to_owned(), format!(r#"{{"sub":"{word}"}}"#)];
            let signature = base64url(&dice.text(OWN_CHARS));
            format!("/login/{}.{}.{signature}", base64url(&head), base64url(&claims))
        }
    };
    canary(whole, word, Vec::new())
}

fn base64url(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(text)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Half of them of each family, from the ranges for documentation.
fn address(number: usize, dice: &mut Dice) -> Canary {
    let canary = |text: String, packed: Vec<u8>| Canary {
        kind: Kind::Address,
        whole: text.clone(),
        own: text,
        packed,
    };
    if number % 2 == 1 {
        let last = 150 + number as u8;
        return canary(format!("203.0.113.{last}"), vec![203, 0, 113, last]);
    }
    let mut words = [0_u16; 8];
    (words[0], words[1]) = (0x2001, 0x0db8);
    // No zero in them, so that the text has one form.
    words[2..]
        .iter_mut()
        .for_each(|word| *word = 0x1000 | dice.next() as u16);
    let text: Vec<String> = words.iter().map(|word| format!("{word:x}")).collect();
    canary(
        text.join(":"),
        words.iter().flat_map(|word| word.to_be_bytes()).collect(),
    )
}

/// xorshift64*: values that differ, not secrets.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn text(&mut self, chars: usize) -> String {
        const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let mut text: String = (0..chars)
            .map(|_| char::from(LETTERS[(self.next() % 36) as usize]))
            .collect();
        // Always letters and digits: a word of letters alone would be no token.
        text.replace_range(2..4, "7k");
        text.replace_range(chars - 3..chars - 1, "q4");
        text
    }

    /// A word of syllables, which no rule takes for a token.
    fn word(&mut self, chars: usize) -> String {
        const FIRST: &[u8; 16] = b"bdfghklmnprstvwz";
        const SECOND: &[u8; 5] = b"aeiou";
        (0..chars)
            .map(|at| match at % 2 {
                0 => char::from(FIRST[(self.next() % 16) as usize]),
                _ => char::from(SECOND[(self.next() % 5) as usize]),
            })
            .collect()
    }

    /// 16 bytes.
    fn bytes(&mut self) -> Vec<u8> {
        (0..16).map(|_| self.next() as u8).collect()
    }
}
