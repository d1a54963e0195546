//! Which countries of a month are too small to be named.

use super::COHORT_MIN;
use crate::country::Country;
use crate::day::Day;
use crate::ids::PageId;

/// How many page views of a page, class and month came from a country.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct CountryViews {
    /// The site, as a number of the caller's.
    pub site: u32,
    /// The page.
    pub page: PageId,
    /// Code of the viewport class.
    pub viewport: u8,
    /// First day of the month.
    pub month: Day,
    /// Page views; 0 where only later parts of page views came from there.
    pub views: u64,
    /// The country.
    pub country: Country,
}

/// Those that join `ZZ`: all under [`COHORT_MIN`], and if `ZZ` is then small itself, the smallest other country.
pub fn joins_unknown(countries: &[CountryViews]) -> Vec<CountryViews> {
    let mut countries = countries.to_vec();
    // Within a group by page views, then by code: the order decides between countries of one size.
    countries.sort_unstable();
    let mut joins = Vec::new();
    for group in countries.chunk_by(|a, b| key(a) == key(b)) {
        let small = |c: &&CountryViews| c.views < COHORT_MIN || c.country == Country::UNKNOWN;
        let unknown: Vec<&CountryViews> = group.iter().filter(small).collect();
        let views: u64 = unknown.iter().map(|c| c.views).sum();
        let is_small = !unknown.is_empty() && views < COHORT_MIN;
        let smallest = group.iter().find(|c| is_small && !small(c));
        let joining = unknown.into_iter().filter(|c| c.country != Country::UNKNOWN);
        joins.extend(joining.chain(smallest).copied());
    }
    joins
}

fn key(c: &CountryViews) -> (u32, PageId, u8, Day) {
    (c.site, c.page, c.viewport, c.month)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(views: &[(&str, u64)]) -> Vec<String> {
        let of = |(country, views): &(&str, u64)| CountryViews {
            site: 1,
            page: PageId(7),
            viewport: 5,
            month: Day(20_758),
            views: *views,
            country: Country::parse(country).expect("a country"),
        };
        let mut all: Vec<CountryViews> = views.iter().map(of).collect();
        // Another page is no neighbour.
        all.extend(all.clone().into_iter().map(|c| CountryViews {
            page: PageId(8),
            views: 99,
            ..c
        }));
        let joins = joins_unknown(&all);
        assert!(joins.iter().all(|c| c.page == PageId(7)));
        joins.iter().map(|c| c.country.as_str().to_owned()).collect()
    }

    #[test]
    fn small_countries_join_and_a_small_rest_takes_the_smallest_along() {
        assert_eq!(joined(&[("DE", 40), ("FR", 12)]), Vec::<String>::new());
        assert_eq!(joined(&[("DE", 40), ("FR", 9), ("IT", 1)]), ["IT", "FR"]);
        assert_eq!(joined(&[("DE", 40), ("FR", 12), ("IT", 3)]), ["IT", "FR"]);
        assert_eq!(joined(&[("DE", 40), ("FR", 12), ("ZZ", 3)]), ["FR"]);
        assert_eq!(joined(&[("DE", 40), ("FR", 40), ("IT", 0)]), ["IT", "DE"]);
        assert_eq!(joined(&[("DE", 10), ("ZZ", 10)]), Vec::<String>::new());
        assert_eq!(joined(&[("DE", 4), ("FR", 6)]), ["DE", "FR"]);
    }
}
