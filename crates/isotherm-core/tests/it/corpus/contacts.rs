//! People's names, handles and e-mail addresses.

use super::frames::Frame;
use super::random::Random;
use super::{Entry, Secret, anywhere};

pub(super) const CLASSES: &[Entry] = &[
    ("e-mail", "RFC 5321 and 5322: dot-atom of letters and digits", plain),
    ("e-mail, tagged", "RFC 5233: user+detail", tagged),
    (
        "e-mail, any atom",
        "RFC 5322, 3.2.3: every `atext` but the slash",
        any_atom,
    ),
    (
        "e-mail, international",
        "RFC 6531: letters beyond ASCII on both sides",
        international,
    ),
    ("name after a word", "names of eight languages in six forms", name),
    ("handle", "@name and ~name", handle),
];

const GIVEN: [&str; 24] = [
    "jane", "anna", "José", "mohammed", "Li", "olga", "Zoë", "Bjørn", "fatima", "peter", "Søren", "maria", "Łukasz",
    "chloe", "giulia", "Émile", "Ravi", "yuki", "ngozi", "Seán", "ivan", "noor", "tom", "Ay",
];
const FAMILY: [&str; 24] = [
    "doe",
    "müller",
    "García",
    "nguyen",
    "o'brien",
    "smith",
    "Kowalski",
    "rossi",
    "Ivanova",
    "tanaka",
    "Okafor",
    "patel",
    "d'angelo",
    "andersson",
    "lópez",
    "Wu",
    "de-vries",
    "schmidt",
    "Dubois",
    "yilmaz",
    "cohen",
    "silva",
    "Nováková",
    "ng",
];
const SCRIPTS: [&str; 8] = ["用户", "ユーザー", "мария", "ελένη", "사용자", "محمد", "דנה", "อรุณ"];
const HOSTS: [&str; 12] = [
    "example.com",
    "example.org",
    "example.net",
    "mail.example.com",
    "post.mail.example.co.uk",
    "shop-7.example.de",
    "xn--bcher-kva.example",
    "1und1.example",
    "163.example",
    "a.example",
    "MAIL.EXAMPLE.ORG",
    "students.uni-musterstadt.example",
];
const INTERNATIONAL_HOSTS: [&str; 6] = [
    "bücher.example",
    "例子.测试",
    "пример.испытание",
    "παράδειγμα.δοκιμή",
    "müller.example",
    "예시.example",
];

fn ascii(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_ascii_alphanumeric())
        .collect::<String>()
        .to_lowercase()
}

fn local(random: &mut Random) -> String {
    let (given, family) = (ascii(random.pick(&GIVEN)), ascii(random.pick(&FAMILY)));
    let number = random.between(1, 99).to_string();
    match random.below(6) {
        0 => format!("{given}.{family}"),
        1 => format!("{}{family}", &given[..1]),
        2 => format!("{given}{number}"),
        3 => format!("{family}.{given}.{number}"),
        4 => format!("{given}.{}.{family}", random.text("abcdefghijklmnopqrstuvwxyz", 1)),
        _ => format!("{given}_{family}-{number}"),
    }
}

fn plain(random: &mut Random) -> Secret {
    let text = format!("{}@{}", local(random), random.pick(&HOSTS));
    anywhere(random, text)
}

fn tagged(random: &mut Random) -> Secret {
    let tag = random.pick(&["shop", "news", "2026", "acme.example", "list-3", "x"]);
    let text = format!("{}+{tag}@{}", local(random), random.pick(&HOSTS));
    anywhere(random, text)
}

/// Each atom has one to eight characters, one of them a special one; atoms are joined by dots.
fn any_atom(random: &mut Random) -> Secret {
    let atoms: Vec<String> = (0..random.between(1, 3))
        .map(|_| {
            let (before, after) = (random.between(1, 4) as usize, random.between(1, 4) as usize);
            let letters = "abcdefghijklmnopqrstuvwxyz0123456789";
            random.text(letters, before) + &random.text("!#$%&'*+-=?^_`{|}~", 1) + &random.text(letters, after)
        })
        .collect();
    let text = format!("{}@{}", atoms.join("."), random.pick(&HOSTS));
    anywhere(random, text)
}

fn international(random: &mut Random) -> Secret {
    let local = match random.below(3) {
        0 => random.pick(&SCRIPTS).to_owned(),
        1 => random.pick(&FAMILY).replace('\'', "").to_lowercase(),
        _ => format!("{}.{}", random.pick(&SCRIPTS), random.between(1, 99)),
    };
    let text = format!("{local}@{}", random.pick(&INTERNATIONAL_HOSTS));
    anywhere(random, text)
}

fn name(random: &mut Random) -> Secret {
    let (given, family) = (random.pick(&GIVEN), random.pick(&FAMILY));
    let text = match random.below(6) {
        0 => format!("{given}-{family}").to_lowercase(),
        1 => format!("{given} {family}"),
        2 => format!("{given}.{family}"),
        3 => format!("{given}{}", random.between(10, 99)),
        4 => format!("{family}, {given}"),
        _ => random.pick(&SCRIPTS).to_owned(),
    };
    Secret {
        text,
        frame: Frame::person(random),
    }
}

/// Handles as Mastodon, GitHub and X allow them: letters, digits, `_` and `-`, 2 to 30 characters.
fn handle(random: &mut Random) -> Secret {
    let (given, family) = (ascii(random.pick(&GIVEN)), ascii(random.pick(&FAMILY)));
    let text = match random.below(4) {
        0 => given + &family,
        1 => format!("{given}_{family}"),
        2 => format!("{given}-{}", random.between(1, 9_999)),
        _ => format!("The{given}Of{family}"),
    };
    Secret {
        text,
        frame: Frame::handle(random),
    }
}
