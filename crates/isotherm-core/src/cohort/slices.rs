//! The work of a seal in slices of pages, so that no statement needs memory for more than a part of it.

use crate::ids::PageId;

/// How many rows a page has; pages in the order of (site, page).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageRows {
    /// The site key.
    pub site: String,
    /// The page.
    pub page: PageId,
    /// Its rows.
    pub rows: u64,
}

/// All pages behind `after` and up to `to` in the order of (site, page).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Slice {
    /// The last page before the slice.
    pub after: (String, PageId),
    /// The last page in it.
    pub to: (String, PageId),
}

/// Behind every site key.
const LAST_SITE: &str = "~";

/// Slices that cover all there is, of about `rows_max` rows each; a page with more is a slice of its own.
pub fn slices(pages: &[PageRows], rows_max: u64) -> Vec<Slice> {
    let mut slices = Vec::new();
    // Site keys are not empty.
    let mut after = (String::new(), PageId(0));
    let mut rows = 0;
    for page in pages {
        if rows > 0 && rows + page.rows > rows_max {
            let to = before(page);
            slices.push(Slice {
                after: std::mem::replace(&mut after, to.clone()),
                to,
            });
            rows = 0;
        }
        rows += page.rows;
    }
    let to = (LAST_SITE.to_owned(), PageId(u64::MAX));
    slices.push(Slice { after, to });
    slices
}

/// The end of a slice behind which the page is the first. Page 0 of a site comes behind all of the sites before it.
fn before(page: &PageRows) -> (String, PageId) {
    match page.page.0.checked_sub(1) {
        Some(id) => (page.site.clone(), PageId(id)),
        // The site's own name with its last byte lowered is before it and, with the highest byte behind, after all others.
        None => {
            let mut name = page.site.clone();
            let last = name.pop().unwrap_or(' ');
            let lower = char::from_u32(u32::from(last).saturating_sub(1)).unwrap_or(' ');
            name.push(lower);
            name.push_str(LAST_SITE);
            (name, PageId(u64::MAX))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(slice: &Slice, site: &str, page: u64) -> bool {
        let at = (site.to_owned(), PageId(page));
        slice.after < at && at <= slice.to
    }

    #[test]
    fn every_page_lies_in_exactly_one_slice_also_one_that_was_not_named() {
        let page = |site: &str, page, rows| PageRows {
            site: site.into(),
            page: PageId(page),
            rows,
        };
        let pages = [
            page("a", 0, 5),
            page("a", 9, 5),
            page("a", 10, 50),
            page("b", 0, 1),
            page("b", 3, 10),
            page("b-1", 0, 9),
            page("c", 7, 10),
        ];
        let slices = slices(&pages, 10);
        assert!(slices.len() >= 5, "{slices:?}");
        for site in ["a", "a-a", "a0", "azzz", "b", "b-1", "b-0z", "c", "zz", "0"] {
            for id in [0, 1, 8, 9, 10, 11, u64::MAX] {
                let holding = slices.iter().filter(|slice| is_in(slice, site, id)).count();
                assert_eq!(holding, 1, "{site} {id}");
            }
        }
        for slice in &slices {
            let rows: u64 = pages
                .iter()
                .filter(|p| is_in(slice, &p.site, p.page.0))
                .map(|p| p.rows)
                .sum();
            assert!(rows <= 10 || rows == 50, "{slice:?} holds {rows}");
        }
        assert_eq!(super::slices(&[], 10).len(), 1);
    }
}
