//! How much of what is personal the scrubber finds, how much it touches that is not, and what it costs.

use std::fmt::Write;
use std::path::Path;

use isotherm_core::path::{PagePath, PathError};
use isotherm_core::scrub::PLACEHOLDERS;

use crate::corpus::encodings::ENCODINGS;
use crate::corpus::random::Random;
use crate::corpus::{Class, Labelled, clean};

/// The seed of the corpus in the document. `SCRUB_SEED` takes another one.
const SEED: u64 = 20_261_121;
/// URLs per class, shared out among the encodings.
const URLS_PER_CLASS: usize = 1_000;
/// Least share of a class that must be found, in per mille.
const RECALL_PER_MILLE_MIN: usize = 995;
/// Clean paths.
const CLEAN_PATHS: usize = 5_000;
/// Most of them that may be touched.
const CLEAN_TOUCHED_MAX: usize = CLEAN_PATHS / 100;
/// Characters of a secret in a row that give it away if they are still there.
const LEAK_CHARS: usize = 5;

#[expect(clippy::print_stdout, reason = "a failure is looked into with what the run saw")]
fn seed() -> u64 {
    let seed = std::env::var("SCRUB_SEED")
        .ok()
        .map(|text| text.parse().expect("SCRUB_SEED is a number"));
    let seed = seed.unwrap_or(SEED);
    println!("SCRUB_SEED={seed}");
    seed
}

/// What would be stored; nothing of a path that is refused for its length.
fn stored(url: &str) -> String {
    match PagePath::normalise(url) {
        Ok(path) => path.into_string(),
        Err(PathError::TooLong) => String::new(),
        Err(error) => panic!("{url}: {error}"),
    }
}

/// Whether [`LEAK_CHARS`] characters in a row of a secret, encoded or not, are still in what would be stored.
fn leaks(labelled: &Labelled, stored: &str) -> bool {
    let mut left = stored.replace("%25", "%").replace("%3F", "?").replace("%23", "#");
    for placeholder in PLACEHOLDERS {
        left = left.replace(placeholder, "\u{1}");
    }
    let left = left.to_lowercase();
    let around = labelled.around.to_lowercase();
    [&labelled.placed, &labelled.secret].into_iter().any(|text| {
        let chars: Vec<char> = text.to_lowercase().chars().collect();
        let mut windows = chars
            .windows(LEAK_CHARS.min(chars.len()))
            .map(|window| window.iter().collect::<String>());
        windows.any(|window| left.contains(&window) && !around.contains(&window))
    })
}

/// What was found of one class: found and made, by encoding.
struct Recall {
    class: Class,
    found: Vec<(usize, usize)>,
    missed: Vec<String>,
}

impl Recall {
    fn of(class: Class, random: &mut Random) -> Recall {
        let mut found = vec![(0, 0); ENCODINGS.len()];
        let mut missed = Vec::new();
        for at in 0..URLS_PER_CLASS {
            let encoding = at % ENCODINGS.len();
            let labelled = class.url(encoding, random);
            let stored = stored(&labelled.url);
            let leaks = leaks(&labelled, &stored);
            found[encoding].0 += usize::from(!leaks);
            found[encoding].1 += 1;
            if leaks {
                missed.push(format!("{} {} -> {stored}", ENCODINGS[encoding].name, labelled.url));
            }
        }
        Recall { class, found, missed }
    }

    fn per_mille(&self) -> usize {
        (URLS_PER_CLASS - self.missed.len()) * 1_000 / URLS_PER_CLASS
    }

    fn row(&self) -> String {
        let percent = |found: usize, made: usize| format!("{:.1}", found as f64 * 100.0 / made as f64);
        let cells: Vec<String> = self.found.iter().map(|(found, made)| percent(*found, *made)).collect();
        let all = percent(URLS_PER_CLASS - self.missed.len(), URLS_PER_CLASS);
        format!(
            "| {} | {} | {} | **{all}** |\n",
            self.class.name,
            self.class.source,
            cells.join(" | ")
        )
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "a failure is looked into with what the run saw")]
fn every_class_is_found_in_every_encoding_and_clean_paths_stay() {
    let mut random = Random::new(seed());
    let recalls: Vec<Recall> = Class::all()
        .into_iter()
        .map(|class| Recall::of(class, &mut random))
        .collect();
    assert!(recalls.len() >= 30);
    let mut touched = Vec::new();
    for _ in 0..CLEAN_PATHS {
        let path = clean::path(&mut random);
        let stored = stored(&path);
        if stored != path {
            touched.push(format!("{path} -> {stored}"));
        }
    }
    println!("{} clean paths touched\n  {}", touched.len(), touched.join("\n  "));
    let mut report = String::new();
    for recall in recalls
        .iter()
        .filter(|recall| recall.per_mille() < RECALL_PER_MILLE_MIN)
    {
        let some: Vec<&str> = recall.missed.iter().take(12).map(String::as_str).collect();
        let _ = writeln!(
            report,
            "{}: {} of 1000\n  {}",
            recall.class.name,
            recall.per_mille(),
            some.join("\n  ")
        );
    }
    if touched.len() > CLEAN_TOUCHED_MAX {
        let some: Vec<&str> = touched.iter().take(40).map(String::as_str).collect();
        let _ = writeln!(report, "{} clean paths touched\n  {}", touched.len(), some.join("\n  "));
    }
    assert!(report.is_empty(), "{report}");
    document(&recalls, touched.len());
}

/// Holds the table in docs/scrubbing.md against these figures; `UPDATE_EXPECT=1` writes it.
fn document(recalls: &[Recall], touched: usize) {
    if std::env::var_os("SCRUB_SEED").is_some() {
        return;
    }
    let names: Vec<&str> = ENCODINGS.iter().map(|encoding| encoding.name).collect();
    let mut table = format!(
        "| class | made from | {} | all |\n|---|---|{}\n",
        names.join(" | "),
        "---:|".repeat(9)
    );
    table.extend(recalls.iter().map(Recall::row));
    let _ = write!(table, "\nClean paths touched: {touched} of {CLEAN_PATHS}.\n\n");
    for encoding in ENCODINGS {
        let _ = writeln!(table, "- **{}**: {}", encoding.name, encoding.what);
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scrubbing.md");
    let text = std::fs::read_to_string(&path).expect("docs/scrubbing.md");
    let (start, end) = ("<!-- table -->\n", "<!-- /table -->");
    let (before, rest) = text.split_once(start).expect("a place for the table");
    let (_, after) = rest.split_once(end).expect("an end of the table");
    let fresh = format!("{before}{start}{table}{end}{after}");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &fresh).expect("written");
    }
    assert!(
        fresh == text || std::env::var_os("UPDATE_EXPECT").is_some(),
        "docs/scrubbing.md is old: UPDATE_EXPECT=1 writes it"
    );
}
