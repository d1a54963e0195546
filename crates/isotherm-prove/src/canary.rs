//! The values that must not be found: each unique, each traceable to the kind of thing it stands for.

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
    /// An e-mail address or a token in a path.
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
    /// The bytes of an address.
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
    let (path, anchor) = (own(), own());
    let agent_text = format!(
        "Mozilla/5.0 (X11; Linux x86_64; {agent}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
    );
    let path_text = match number % 2 {
        0 => format!("/account/{path}@mail.example/orders"),
        _ => format!("/invite/{path}{}", dice.text(OWN_CHARS)),
    };
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
        canary(Kind::Path, path_text, path),
        canary(Kind::Anchor, format!("#row-{anchor}"), anchor),
    ]
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
}
