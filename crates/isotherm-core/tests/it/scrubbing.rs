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
/// Seeds whose URLs are counted together in the long form, the first of them [`SEED`]. `ISOTHERM_SCRUB_SEEDS` asks for so many.
const SEEDS_LONG: u64 = 10;
/// URLs per class and seed, shared out among the encodings.
const URLS_PER_CLASS: usize = 1_000;
/// Least share of a class that must be found, in per mille.
const RECALL_PER_MILLE_MIN: usize = 995;
/// Clean paths.
const CLEAN_PATHS: usize = 5_000;
/// Most of them that may be touched.
const CLEAN_TOUCHED_MAX: usize = CLEAN_PATHS / 100;
/// Paths of products whose article number is as long as what the rules take for a customer's.
const ARTICLE_PATHS: usize = 1_000;
/// Characters of a secret in a row that give it away if they are still there.
const LEAK_CHARS: usize = 5;

/// The seeds of this run.
#[expect(clippy::print_stdout, reason = "a failure is looked into with what the run saw")]
fn seeds() -> std::ops::Range<u64> {
    let number = |name: &str, otherwise: u64| {
        std::env::var(name).map_or(otherwise, |text| text.parse().expect("the variable is a number"))
    };
    let first = number("SCRUB_SEED", SEED);
    let seeds = first..first + number("ISOTHERM_SCRUB_SEEDS", 1);
    println!("seeds {seeds:?}");
    seeds
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

/// What was found of one class.
struct Recall {
    class: Class,
    /// Found and made, by encoding.
    found: Vec<(usize, usize)>,
    missed: Vec<String>,
    /// Missed under each seed.
    missed_by_seed: Vec<usize>,
}

impl Recall {
    fn of(class: Class) -> Recall {
        Recall {
            class,
            found: vec![(0, 0); ENCODINGS.len()],
            missed: Vec::new(),
            missed_by_seed: Vec::new(),
        }
    }

    fn ask(&mut self, random: &mut Random) {
        let before = self.missed.len();
        for at in 0..URLS_PER_CLASS {
            let encoding = at % ENCODINGS.len();
            let labelled = self.class.url(encoding, random);
            let stored = stored(&labelled.url);
            let leaks = leaks(&labelled, &stored);
            self.found[encoding].0 += usize::from(!leaks);
            self.found[encoding].1 += 1;
            if leaks {
                self.missed
                    .push(format!("{} {} -> {stored}", ENCODINGS[encoding].name, labelled.url));
            }
        }
        self.missed_by_seed.push(self.missed.len() - before);
    }

    fn urls(&self) -> usize {
        URLS_PER_CLASS * self.missed_by_seed.len()
    }

    fn per_mille(&self) -> usize {
        (self.urls() - self.missed.len()) * 1_000 / self.urls()
    }

    fn row(&self) -> String {
        let cells: Vec<String> = self
            .found
            .iter()
            .map(|(found, made)| format!("{:.1}", percent(*found, *made)))
            .collect();
        let all = percent(self.urls() - self.missed.len(), self.urls());
        format!(
            "| {} | {} | {} | **{all:.1}** |\n",
            self.class.name,
            self.class.source,
            cells.join(" | ")
        )
    }

    /// All seeds together, and the worst of them.
    fn pooled_row(&self) -> String {
        let worst = self.missed_by_seed.iter().max().copied().unwrap_or(0);
        let all = percent(self.urls() - self.missed.len(), self.urls());
        let of_worst = percent(URLS_PER_CLASS - worst, URLS_PER_CLASS);
        format!(
            "| {} | {} | {} | {all:.2} | {of_worst:.1} |\n",
            self.class.name,
            self.urls(),
            self.missed.len()
        )
    }
}

fn percent(part: usize, whole: usize) -> f64 {
    part as f64 * 100.0 / whole as f64
}

/// Those of so many paths that are not stored as they came.
fn touched(paths: usize, path: fn(&mut Random) -> String, random: &mut Random) -> Vec<String> {
    (0..paths)
        .map(|_| path(random))
        .filter_map(|path| {
            let stored = stored(&path);
            (stored != path).then(|| format!("{path} -> {stored}"))
        })
        .collect()
}

#[test]
#[expect(clippy::print_stdout, reason = "a failure is looked into with what the run saw")]
fn every_class_is_found_in_every_encoding_and_clean_paths_stay() {
    let seeds = seeds();
    let mut recalls: Vec<Recall> = Class::all().into_iter().map(Recall::of).collect();
    assert!(recalls.len() >= 30);
    let (mut clean_touched, mut articles_touched) = (Vec::new(), 0);
    for seed in seeds.clone() {
        let mut random = Random::new(seed);
        for recall in &mut recalls {
            recall.ask(&mut random);
        }
        let now = touched(CLEAN_PATHS, clean::path, &mut random);
        assert!(now.len() <= CLEAN_TOUCHED_MAX, "seed {seed}: {}", now.join("\n  "));
        clean_touched.extend(now);
        articles_touched += touched(ARTICLE_PATHS, clean::article, &mut random).len();
    }
    println!("clean paths touched:\n  {}", clean_touched.join("\n  "));
    let mut report = String::new();
    for recall in &recalls {
        print!("{}", recall.pooled_row());
        if recall.per_mille() < RECALL_PER_MILLE_MIN {
            let some: Vec<&str> = recall.missed.iter().take(12).map(String::as_str).collect();
            let _ = writeln!(report, "{}  {}", recall.pooled_row(), some.join("\n  "));
        }
    }
    assert!(report.is_empty(), "{report}");
    match seeds.end - seeds.start {
        _ if seeds.start != SEED => {}
        1 => document("table", &table(&recalls, clean_touched.len(), articles_touched)),
        SEEDS_LONG => document("pooled", &pooled(&recalls, clean_touched.len())),
        _ => {}
    }
}

/// The figures of one seed, by encoding.
fn table(recalls: &[Recall], clean_touched: usize, articles_touched: usize) -> String {
    let names: Vec<&str> = ENCODINGS.iter().map(|encoding| encoding.name).collect();
    let mut table = format!(
        "| class | made from | {} | all |\n|---|---|{}\n",
        names.join(" | "),
        "---:|".repeat(9)
    );
    table.extend(recalls.iter().map(Recall::row));
    let _ = write!(
        table,
        "\nClean paths touched: {clean_touched} of {CLEAN_PATHS}. Numbers in them have at most five digits. Article numbers of 6 to 13 digits are \
         not among them: nothing tells them from a customer's number, so that of {ARTICLE_PATHS} product paths with one {articles_touched} are touched \
         ([what to do](#touched-although-nobody-is-in-it)).\n\n"
    );
    for encoding in ENCODINGS {
        let _ = writeln!(table, "- **{}**: {}", encoding.name, encoding.what);
    }
    table
}

/// The figures of all seeds of the long form together.
fn pooled(recalls: &[Recall], clean_touched: usize) -> String {
    let mut table = "| class | URLs | missed | found, % | worst seed, % |\n|---|---:|---:|---:|---:|\n".to_owned();
    table.extend(recalls.iter().map(Recall::pooled_row));
    let paths = CLEAN_PATHS * recalls[0].missed_by_seed.len();
    let _ = write!(table, "\nClean paths touched: {clean_touched} of {paths}.\n");
    table
}

/// Holds a table in docs/scrubbing.md against these figures; `UPDATE_EXPECT=1` writes it.
fn document(name: &str, table: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/scrubbing.md");
    let text = std::fs::read_to_string(&path).expect("docs/scrubbing.md");
    let (start, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
    let (before, rest) = text.split_once(&start).expect("a place for the table");
    let (_, after) = rest.split_once(&end).expect("an end of the table");
    let fresh = format!("{before}{start}{table}{end}{after}");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &fresh).expect("written");
    }
    assert!(
        fresh == text || std::env::var_os("UPDATE_EXPECT").is_some(),
        "docs/scrubbing.md is old: UPDATE_EXPECT=1 writes it"
    );
}
