//! Closed answers: over random data with bursts, small classes and countries, late rows, seals and erasures, no combination
//! of answers, asked at any times, speaks of fewer than 10 page views of a table.

mod model;
mod rank;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use isotherm_core::path::PagePath;
use isotherm_core::{Country, Day, PageId, SiteKey, ViewportClass};

use crate::world::{TODAY, World, id_key};
use model::{Asked, Mistake, Model, View};
use rank::{atoms, speaks_of_few};

/// Landings of a run: from the first of January to the day before today.
const LANDINGS: std::ops::Range<u16> = TODAY - 73..TODAY;
const PATHS: [&str; 3] = ["/a", "/b", "/c"];
/// Runs of the short test, each over other data; with `ISOTHERM_LONG` ten times as many.
const RUNS: u64 = 6;
/// Questions after each of the moments at which questions are asked.
const QUESTIONS: usize = 25;

/// A linear congruential generator (Knuth's constants).
struct Random(u64);

impl Random {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn of<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len() as u64) as usize]
    }
}

fn page(path: &str) -> PageId {
    let site = SiteKey::parse("acme").expect("a site key");
    id_key().page(&site, &PagePath::normalise(path).expect("a path"))
}

/// Bursts on some days, a few page views on others; some late by a day or three; few classes and countries large.
fn views(random: &mut Random) -> Vec<View> {
    let mut views = Vec::new();
    for landing in LANDINGS {
        for (path, class) in PATHS.into_iter().zip(ViewportClass::ALL) {
            let burst = random.below(12) == 0;
            let count = if burst { 20 + random.below(60) } else { random.below(4) };
            for _ in 0..count {
                let country = random.of(&["DE", "DE", "DE", "DE", "FR", "FR", "IT", "SE", "ZZ"]);
                views.push(View {
                    page: page(path),
                    class: if random.below(8) == 0 {
                        random.of(&ViewportClass::ALL)
                    } else {
                        class
                    },
                    day: landing - random.of(&[0, 0, 0, 0, 0, 1, 3]),
                    landing,
                    country: Country::parse(country).expect("a country"),
                });
            }
        }
    }
    views
}

fn question(random: &mut Random) -> String {
    let days = [random.below(80) as u16, random.below(80) as u16].map(|back| TODAY - back);
    let month_ends = [TODAY - 73, TODAY - 42, TODAY - 43, TODAY - 14, TODAY - 15];
    let mut end = |day: u16| {
        if random.below(3) == 0 {
            random.of(&month_ends)
        } else {
            day
        }
    };
    let ends = days.map(&mut end);
    let date = |day: u16| {
        // January and February of 2026 have 31 and 28 days; day 20,454 is the first of January.
        let of_year = day.saturating_sub(20_454);
        match of_year {
            0..31 => format!("2026-01-{:02}", of_year + 1),
            31..59 => format!("2026-02-{:02}", of_year - 30),
            _ => format!("2026-03-{:02}", of_year - 58),
        }
    };
    let (from, to) = (ends[0].min(ends[1]), ends[0].max(ends[1]));
    let mut parts = vec![format!("from={}&to={}&sealed=only", date(from), date(to))];
    if random.below(2) == 0 {
        parts.push(format!("viewport={}", random.of(&ViewportClass::ALL).name()));
    }
    if random.below(4) == 0 {
        parts.push(format!("country={}", random.of(&["DE", "FR", "IT", "ZZ"])));
    }
    let endpoint = random.of(&[
        "pages",
        "heatmap",
        "heatmap",
        "scroll",
        "countries",
        "viewports",
        "timeseries",
    ]);
    let needs_page = ["heatmap", "scroll"].contains(&endpoint);
    if endpoint != "pages" && (needs_page || random.below(2) == 0) {
        parts.push(format!("page={}", random.of(&PATHS)));
    }
    format!("{endpoint}?{}", parts.join("&"))
}

/// Seals landing by landing; asks and erases in between. What was counted by the answers of all times.
async fn run(seed: u64, mistake: Option<Mistake>) -> Asked {
    let mut random = Random(seed * 0x9e37_79b9 + 1);
    let model = Arc::new(Model::new(views(&mut random), mistake));
    let world = World {
        reader: Some(model.clone()),
        ..World::of(Vec::new())
    };
    for landing in LANDINGS {
        model.seal(landing);
        if random.below(40) == 0 {
            model.erase(page(random.of(&PATHS)), Day(random.of(&[TODAY - 73, TODAY - 42])));
        }
        if random.below(5) == 0 || landing + 1 == LANDINGS.end {
            // The same questions at all times, and others.
            let same = PATHS.into_iter().flat_map(|path| {
                ViewportClass::ALL.map(|class| {
                    format!(
                        "timeseries?from=2026-01-01&sealed=only&page={path}&viewport={}",
                        class.name()
                    )
                })
            });
            let others: Vec<String> = (0..QUESTIONS).map(|_| question(&mut random)).collect();
            for question in same.chain(others) {
                let reply = world.get(&question).await;
                assert_eq!(reply.status, 200, "{question}");
                if question.starts_with("heatmap") {
                    let views = reply.json()["views"].as_u64().expect("a number");
                    assert!(
                        views == 0 || (views >= 50 && views == model.last() as u64),
                        "{question}: {views}"
                    );
                }
            }
        }
    }
    model.asked()
}

fn runs() -> u64 {
    RUNS * if std::env::var_os("ISOTHERM_LONG").is_some() {
        10
    } else {
        1
    }
}

#[actix_web::test]
async fn no_combination_of_answers_speaks_of_fewer_than_ten_page_views() {
    let (mut days, mut countries) = (0, 0);
    for seed in 0..runs() {
        let asked = run(seed, None).await;
        for answers in [&asked.days, &asked.countries] {
            assert_eq!(speaks_of_few(answers), None, "run {seed}");
            let smallest = atoms(answers).iter().map(Vec::len).min();
            assert!(smallest.is_none_or(|size| size >= 10), "run {seed}: {smallest:?}");
        }
        (days, countries) = (days + asked.days.len(), countries + asked.countries.len());
    }
    assert!(
        days > 100 && countries > 20,
        "too little was answered: {days}, {countries}"
    );
}

#[actix_web::test]
async fn every_planted_mistake_is_found() {
    let mistakes = [
        Mistake::CohortGrows,
        Mistake::WindowCuts,
        Mistake::WaitingShows,
        Mistake::SmallCountry,
    ];
    for mistake in mistakes {
        let mut found = false;
        for seed in 0..RUNS {
            let asked = run(seed, Some(mistake)).await;
            found |= speaks_of_few(&asked.days).or(speaks_of_few(&asked.countries)).is_some();
            if found {
                break;
            }
        }
        assert!(found, "{mistake:?} is not found");
    }
}

/// How often the best guess is right which of two countries a page view came from, by somebody who knows everything else:
/// all other page views of both countries, and that either is as likely. `publish` gives what is published of a count
/// with a hash from 0 to 4; `numbers` is how many numbers of each country the page view stands in.
fn best_guess(publish: impl Fn(u64, u64) -> u64, (one, other): (u64, u64), numbers: u32) -> f64 {
    let seen = |counts: (u64, u64)| {
        let mut once: BTreeMap<[u64; 2], f64> = BTreeMap::new();
        for hashes in 0..25 {
            let published = [publish(counts.0, hashes / 5), publish(counts.1, hashes % 5)];
            *once.entry(published).or_default() += 1.0 / 25.0;
        }
        // Each number has a hash of its own.
        let mut chances = BTreeMap::from([(Vec::new(), 1.0)]);
        for _ in 0..numbers {
            let with_next = |(before, chance): (&Vec<u64>, &f64)| {
                let next = |(published, of_it): (&[u64; 2], &f64)| ([&before[..], published].concat(), chance * of_it);
                once.iter().map(next).collect::<Vec<_>>()
            };
            chances = chances.iter().flat_map(with_next).collect();
        }
        chances
    };
    let (here, there) = (seen((one + 1, other)), seen((one, other + 1)));
    let keys: BTreeSet<&Vec<u64>> = here.keys().chain(there.keys()).collect();
    let chance = |of: &BTreeMap<Vec<u64>, f64>, key: &Vec<u64>| of.get(key).copied().unwrap_or(0.0);
    keys.into_iter()
        .map(|key| chance(&here, key).max(chance(&there, key)) / 2.0)
        .sum()
}

#[test]
fn the_best_guess_at_a_country_is_no_better_than_rounding_allows() {
    // Rounding to multiples of 5 moves a number in one of five hashes when one page view comes or goes: for two countries
    // at most 1 - (4/5)^2 of the chances differ, and with m numbers each at most 1 - (4/5)^2m.
    let rounded = |count: u64, hash: u64| (count + hash) / 5 * 5;
    for (numbers, percent) in [(1, 68), (2, 80), (6, 97)] {
        let allowed = 0.5 + (1.0 - 0.8_f64.powi(2 * numbers as i32)) / 2.0;
        let mut worst: f64 = 0.0;
        for one in 10..20 {
            for other in 10..20 {
                worst = worst.max(best_guess(rounded, (one, other), numbers));
            }
        }
        // No more than that, and for some counts just that: PRIVACY.md says these percents.
        assert!((worst - allowed).abs() < 1e-9, "{worst} of {allowed} with {numbers}");
        assert_eq!((allowed * 100.0).round() as u32, percent);
    }
    assert!(
        best_guess(|count, _| count, (12, 17), 1) > 0.999,
        "an unrounded country is found"
    );
    let down = |count: u64, _: u64| count / 5 * 5;
    assert!(
        best_guess(down, (14, 12), 1) > 0.999,
        "rounding without chance is found"
    );
}
