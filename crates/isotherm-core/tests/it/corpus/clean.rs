//! Paths in which nothing is personal, as shops, papers, wikis, documentation and booking pages have them.

use super::random::Random;

/// A kind of clean path, and how often it comes among a hundred.
type Kind = (u64, fn(&mut Random) -> String);

const KINDS: [Kind; 12] = [
    (16, product),
    (10, category),
    (10, dated),
    (9, locale),
    (15, headline),
    (9, version),
    (8, numbered),
    (8, foreign),
    (6, model),
    (4, media),
    (3, camel),
    (2, account),
];

const ADJECTIVES: [&str; 20] = [
    "blue",
    "organic",
    "Waterproof",
    "mini",
    "extra-large",
    "vintage",
    "3-piece",
    "wireless",
    "high-density",
    "matte",
    "left-handed",
    "12v",
    "4k",
    "classic",
    "knitted",
    "foldable",
    "stainless",
    "rhythm",
    "crypt",
    "ultra-lightweight",
];
const THINGS: [&str; 24] = [
    "teapot",
    "running-shoes",
    "usb-c-cable",
    "Sofa",
    "t-shirt",
    "led-strip",
    "mtb-helmet",
    "hdmi-switch",
    "jeans",
    "notebook",
    "backpack",
    "shelf",
    "watch-strap",
    "ssd",
    "bluetooth-speaker",
    "kettle",
    "rug",
    "lamp",
    "pyjamas",
    "phone-case",
    "winter-jacket",
    "desk",
    "ink-cartridge",
    "rhubarb-jam",
];
const SIZES: [&str; 20] = [
    "xl",
    "12oz",
    "42",
    "750ml",
    "1-5l",
    "256gb",
    "2-pack",
    "10x15cm",
    "size-10-5",
    "uk-9",
    "eu44",
    "w32-l34",
    "a4",
    "100-percent",
    "5m",
    "12-months",
    "2tb",
    "80x200",
    "1000w",
    "xxs",
];
const WORDS: [&str; 48] = [
    "how",
    "to",
    "the",
    "best",
    "of",
    "summer",
    "why",
    "we",
    "moved",
    "our",
    "data",
    "centre",
    "to",
    "norway",
    "ten",
    "tips",
    "for",
    "better",
    "coffee",
    "at",
    "home",
    "election",
    "results",
    "live",
    "updates",
    "what",
    "is",
    "new",
    "in",
    "rust",
    "2026",
    "top",
    "100",
    "things",
    "you",
    "should",
    "know",
    "about",
    "heat",
    "pumps",
    "and",
    "ev",
    "charging",
    "strengths",
    "rhythms",
    "vs",
    "part",
    "3",
];
const SECTIONS: [&str; 24] = [
    "shop",
    "blog",
    "news",
    "docs",
    "help",
    "category",
    "products",
    "collections",
    "men",
    "women",
    "kids",
    "sale",
    "garden",
    "electronics",
    "politics",
    "sport",
    "science",
    "recipes",
    "jobs",
    "events",
    "about",
    "press",
    "support",
    "travel",
];
const LOCALES: [&str; 16] = [
    "en",
    "en-GB",
    "en-us",
    "de-AT",
    "fr_CA",
    "zh-Hant-TW",
    "pt-br",
    "es-419",
    "ja",
    "sr-Latn-RS",
    "nb-no",
    "ar-AE",
    "us/en",
    "ca/fr",
    "eu",
    "gsw-CH",
];
const FOREIGN: [&str; 24] = [
    "donaudampfschifffahrtsgesellschaft",
    "rechtsschutzversicherungsgesellschaften",
    "crème-brûlée",
    "œuvres-complètes",
    "煎茶",
    "お問い合わせ",
    "сравнить-цены",
    "como-llegar",
    "gewährleistung",
    "strč-prst-skrz-krk",
    "zażółć-gęślą-jaźń",
    "aðalsíða",
    "összehasonlítás",
    "karşılaştır",
    "παραγγελία",
    "عروض",
    "sähköposti",
    "førstehjælp",
    "vragen-en-antwoorden",
    "prodotti-più-venduti",
    "promoções",
    "sản-phẩm",
    "llanfairpwllgwyngyll",
    "ngā-kōrero",
];

/// One clean path.
pub(crate) fn path(random: &mut Random) -> String {
    let mut at = random.below(KINDS.iter().map(|(share, _)| share).sum());
    for (share, make) in KINDS {
        if at < share {
            return make(random);
        }
        at -= share;
    }
    unreachable!("the shares are summed above")
}

fn product(random: &mut Random) -> String {
    let slug = format!(
        "{}-{}-{}",
        random.pick(&ADJECTIVES),
        random.pick(&THINGS),
        random.pick(&SIZES)
    );
    let id = random.between(1, 99_999);
    match random.below(5) {
        0 => format!("/product/{slug}"),
        1 => format!("/products/{slug}-{id}"),
        2 => format!("/p/{id}/{slug}"),
        3 => format!("/{}/{slug}.html", random.pick(&SECTIONS)),
        _ => format!("/{slug}/p{id}"),
    }
}

/// A product with an article number of 6 to 13 digits (GTIN-13 is the longest): clean to people, and to no rule.
pub(crate) fn article(random: &mut Random) -> String {
    let (digits, thing) = (random.between(6, 13) as usize, random.pick(&THINGS));
    let number = random.number(digits);
    match random.below(4) {
        0 => format!("/product/{number}"),
        1 => format!("/products/{thing}-{number}"),
        2 => format!("/p/{number}/{thing}"),
        _ => format!("/{thing}/p{number}"),
    }
}

fn category(random: &mut Random) -> String {
    let [a, b, c] = std::array::from_fn(|_| random.pick(&SECTIONS));
    let page = random.between(1, 400);
    match random.below(4) {
        0 => format!("/{a}/{b}/{c}"),
        1 => format!("/{a}/{b}/page/{page}"),
        2 => format!("/{a};sort=price;page={page}"),
        _ => format!("/{a}/{b}/price:{page}-{}", page * 2),
    }
}

fn dated(random: &mut Random) -> String {
    let (y, m, d) = (random.between(2001, 2030), random.between(1, 12), random.between(1, 28));
    let section = random.pick(&SECTIONS);
    match random.below(8) {
        0 => format!("/{section}/{y}/{m:02}/{d:02}/{}", slug(random, 5)),
        1 => format!("/{section}/{y}-{m:02}-{d:02}"),
        2 => format!("/{section}/{y}{m:02}{d:02}"),
        3 => format!("/{section}/{d}.{m}.{y}"),
        4 => format!("/{section}/{y}-W{:02}", random.between(1, 52)),
        5 => format!("/{section}/{y}-{}", y + 1),
        6 => format!(
            "/{section}/{m:02}-{d:02}-{y}/{:02}-{:02}",
            random.below(24),
            random.below(60)
        ),
        _ => format!(
            "/{section}/{y}-{m:02}-{d:02}T{:02}:{:02}",
            random.below(24),
            random.below(60)
        ),
    }
}

fn locale(random: &mut Random) -> String {
    let locale = random.pick(&LOCALES);
    match random.below(3) {
        0 => format!("/{locale}"),
        1 => format!("/{locale}/{}", random.pick(&SECTIONS)),
        _ => format!("/{locale}/{}/{}", random.pick(&SECTIONS), slug(random, 3)),
    }
}

fn slug(random: &mut Random, words: usize) -> String {
    let words: Vec<&str> = (0..words).map(|_| random.pick(&WORDS)).collect();
    words.join("-")
}

fn headline(random: &mut Random) -> String {
    let length = random.between(3, 14) as usize;
    let section = random.pick(&SECTIONS);
    let slug = slug(random, length);
    match random.below(4) {
        0 => format!("/{section}/{slug}"),
        1 => format!("/{section}/{slug}.html"),
        2 => format!("/{section}/{}", slug.replace('-', "_")),
        _ => format!("/{section}/{slug}-{}", random.between(1, 9_999)),
    }
}

fn version(random: &mut Random) -> String {
    let [a, b, c] = std::array::from_fn(|_| random.between(0, 30));
    match random.below(7) {
        0 => format!("/docs/v{a}.{b}.{c}/install"),
        1 => format!("/docs/{a}.{b}/api/struct.HashMap.html"),
        2 => format!("/releases/{a}.{b}.{c}-rc.{}", random.between(1, 9)),
        3 => format!("/download/tool-{a}.{b}.{c}-x86_64-linux.tar.gz"),
        4 => format!("/package/react@{a}.{b}.{c}"),
        5 => format!("/std/collections/index.html::v{a}"),
        _ => format!("/api/v{a}/reference/list-users"),
    }
}

fn numbered(random: &mut Random) -> String {
    let id = random.between(1, 99_999);
    match random.below(5) {
        0 => format!("/item/{id}"),
        1 => format!("/questions/{id}/{}", slug(random, 6)),
        2 => format!("/t/{}/{id}/{}", slug(random, 4), random.between(1, 200)),
        3 => format!(
            "/chapter-{}/section-{}.{}",
            random.between(1, 40),
            random.between(1, 20),
            random.between(1, 20)
        ),
        _ => format!("/zip/{id:05}"),
    }
}

fn foreign(random: &mut Random) -> String {
    let (a, b) = (random.pick(&FOREIGN), random.pick(&FOREIGN));
    match random.below(3) {
        0 => format!("/{a}"),
        1 => format!("/{a}/{b}"),
        _ => format!("/{}/{a}-{b}", random.pick(&SECTIONS)),
    }
}

/// Names of models as makers give them: a few letters, a few digits, a few letters.
fn model(random: &mut Random) -> String {
    let capitals = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let (before, digits, after) = (random.between(1, 3), random.between(2, 5), random.below(3));
    let name = random.text(capitals, before as usize)
        + &random.number(digits as usize)
        + &random.text(capitals, after as usize);
    let maker = random.pick(&["canon", "bosch", "lego", "lg", "sony", "makita"]);
    match random.below(3) {
        0 => format!("/{maker}/{name}"),
        1 => format!("/{maker}-{}-{}", name.to_lowercase(), random.pick(&THINGS)),
        _ => format!("/spare-parts/{}-{}", name, random.between(1, 999)),
    }
}

fn media(random: &mut Random) -> String {
    let (w, h) = (
        random.pick(&[640, 800, 1_024, 1_920, 3_840]),
        random.pick(&[360, 600, 768, 1_080, 2_160]),
    );
    match random.below(3) {
        0 => format!("/img/hero-{w}x{h}.jpg"),
        1 => format!("/img/logo@{}x.png", random.between(2, 4)),
        _ => format!("/video/{}-{h}p60.mp4", slug(random, 3)),
    }
}

fn camel(random: &mut Random) -> String {
    let capital = |word: &str| word[..1].to_uppercase() + &word[1..];
    let length = random.between(2, 7);
    let words: String = (0..length).map(|_| capital(random.pick(&WORDS))).collect();
    match random.below(3) {
        0 => format!("/wiki/{words}"),
        1 => format!("/wiki/{}:{words}", random.pick(&["Help", "Talk", "Category"])),
        _ => format!("/Pages/{words}.aspx"),
    }
}

/// Pages of everybody that stand where people's names stand.
fn account(random: &mut Random) -> String {
    let word = random.pick(&["account", "user", "profile"]);
    let page = random.pick(&[
        "settings",
        "orders",
        "login",
        "password",
        "edit",
        "privacy",
        "logout",
        "addresses",
    ]);
    format!("/{word}/{page}")
}
