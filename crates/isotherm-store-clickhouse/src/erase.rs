//! Erasing: pages, or all of a site, out of every table of counts and texts, so that the ledger still adds up.
//!
//! A request is a row in `erasures`. A pass deletes everything that it reaches now; passes are repeated, because the log may
//! still hold records from before the request, until it cannot hold one any more. Collecting refuses the pages meanwhile.
//!
//! What is deleted is written down: out of `live` in `erased`, out of the sealed tables in `balance_changes`.

mod deleting;
mod live;
mod sealed;
mod texts;

use clickhouse::{Client, Row};
use isotherm_core::control::{Erased, Erasure, ErasureState};
use isotherm_core::day::{Day, Hour};
use isotherm_core::ids::PageId;
use isotherm_core::site::{PageRule, RuleAction, SiteKey};
use serde::{Deserialize, Serialize};

use crate::control::write;
use crate::fault::StoreFault;
use crate::settings::{StoreSettings, answer};

/// Pages that one statement names. A server takes 128 KiB of a parameter, and of each page six groups that wait may have to be
/// named, with 22 digits each.
const PAGES_PER_STATEMENT: usize = 500;

/// Seconds of an hour.
const HOUR_S: u32 = 3_600;

/// Deletes out of one store. One pass at a time: callers see to that.
#[derive(Clone)]
pub struct Eraser {
    client: Client,
}

#[derive(Row, Serialize, Deserialize, Clone)]
struct ErasureRow {
    id: u64,
    version: u64,
    state: i8,
    requested: u32,
    site: String,
    kind: i8,
    pattern: String,
    pages: Vec<u64>,
    first_day: u16,
    last_day: u16,
    deleted: u64,
}

/// What a statement is about: some pages of a site, or all of them, and a range of days.
struct Reach<'a> {
    /// The request.
    id: u64,
    site: &'a str,
    pages: &'a [u64],
    whole: bool,
    first: u16,
    last: u16,
}

impl Reach<'_> {
    /// Whether every day is in the range.
    fn is_unlimited(&self) -> bool {
        self.first == 0 && self.last == u16::MAX
    }
}

impl Eraser {
    /// Connects at the first call.
    pub fn new(settings: &StoreSettings) -> Eraser {
        Eraser::of(settings.client())
    }

    pub(crate) fn of(client: Client) -> Eraser {
        // An insert is there when it returns, in the order of calls.
        Eraser {
            client: client.with_setting("async_insert", "0"),
        }
    }

    /// All requests, the oldest first.
    pub async fn erasures(&self) -> Result<Vec<Erasure>, StoreFault> {
        let rows = self.rows().await?;
        let known: Option<Vec<Erasure>> = rows.into_iter().map(erasure).collect();
        known.ok_or_else(|| StoreFault::Refused("a row of table erasures holds what no build of this writes".into()))
    }

    /// Writes a request down, unless it is there already; says whether it was not.
    pub async fn request(&self, erasure: &Erasure) -> Result<bool, StoreFault> {
        if self.rows().await?.iter().any(|row| row.id == erasure.id) {
            return Ok(false);
        }
        let (kind, pattern, pages) = match &erasure.what {
            Erased::Page(page) => (1, String::new(), vec![page.0]),
            Erased::Pattern(pattern) => (2, pattern.clone(), Vec::new()),
            Erased::Site => (3, String::new(), Vec::new()),
        };
        let row = ErasureRow {
            id: erasure.id,
            version: 1,
            state: ErasureState::Pending as i8,
            requested: erasure.requested.0.saturating_mul(HOUR_S),
            site: erasure.site.as_str().into(),
            kind,
            pattern,
            pages,
            first_day: erasure.first.0,
            last_day: erasure.last.0,
            deleted: 0,
        };
        write(&self.client, "erasures", &[row]).await?;
        Ok(true)
    }

    /// Deletes everything that a request reaches now; says how many rows it was. Can be repeated, and goes on where an
    /// interrupted pass stopped.
    pub async fn pass(&self, id: u64) -> Result<u64, StoreFault> {
        self.finish_deletions().await?;
        self.finish_passes().await?;
        let Some(row) = self.rows().await?.into_iter().find(|row| row.id == id) else {
            return Ok(0);
        };
        let row = self.find_pages(row).await?;
        let mut deleted = self.delete_live(&reaches(&row)).await?;
        for reach in reaches(&row) {
            deleted += self.delete_sealed(&reach).await?;
        }
        for reach in reaches(&row) {
            deleted += self.delete_texts(&reach).await?;
        }
        if deleted > 0 {
            deleted += self.delete_orphans(&row.site).await?;
            self.follow(row, |row| row.deleted += deleted).await?;
        }
        Ok(deleted)
    }

    /// How many rows a request still reaches: the check that finds nothing.
    pub async fn left(&self, id: u64) -> Result<u64, StoreFault> {
        let Some(row) = self.rows().await?.into_iter().find(|row| row.id == id) else {
            return Ok(0);
        };
        let row = self.find_pages(row).await?;
        let mut left = 0;
        for reach in reaches(&row) {
            left +=
                self.count_live(&reach).await? + self.count_sealed(&reach).await? + self.count_texts(&reach).await?;
        }
        Ok(left)
    }

    /// Says how far a request is. What it was about is forgotten when it is final.
    pub async fn conclude(&self, id: u64, state: ErasureState) -> Result<(), StoreFault> {
        let Some(row) = self.rows().await?.into_iter().find(|row| row.id == id) else {
            return Ok(());
        };
        if row.state >= state as i8 {
            return Ok(());
        }
        let version = row.version + 1;
        self.follow(row, |row| {
            row.state = state as i8;
            if state == ErasureState::Final {
                row.pattern.clear();
                row.pages.clear();
            }
        })
        .await?;
        if state == ErasureState::Final {
            let sql = "ALTER TABLE erasures DELETE WHERE id = {id:UInt64} AND version < {version:UInt64} SETTINGS mutations_sync = 0";
            let query = self.client.query_raw(sql).param("id", id).param("version", version);
            answer(query.execute()).await?;
            self.finish_deletions().await?;
        }
        Ok(())
    }

    /// The published pages of a pattern join those that earlier passes found: their texts are gone by now.
    async fn find_pages(&self, row: ErasureRow) -> Result<ErasureRow, StoreFault> {
        if row.pattern.is_empty() {
            return Ok(row);
        }
        let rule = PageRule {
            pattern: row.pattern.clone(),
            action: RuleAction::Drop,
        };
        let texts = self.client.query_raw(include_str!("../queries/erase_texts.sql"));
        let texts: Vec<(u64, String)> = answer(texts.param("site", &row.site).fetch_all()).await?;
        let matching = texts
            .into_iter()
            .filter(|(_, path)| rule.matches(path))
            .map(|(page, _)| page);
        let news: Vec<u64> = matching.filter(|page| !row.pages.contains(page)).collect();
        if news.is_empty() {
            return Ok(row);
        }
        self.follow(row, |row| row.pages.extend(news)).await
    }

    /// Writes the next version of a request.
    async fn follow(&self, row: ErasureRow, change: impl FnOnce(&mut ErasureRow)) -> Result<ErasureRow, StoreFault> {
        let mut next = ErasureRow {
            version: row.version + 1,
            ..row
        };
        change(&mut next);
        write(&self.client, "erasures", std::slice::from_ref(&next)).await?;
        Ok(next)
    }

    async fn rows(&self) -> Result<Vec<ErasureRow>, StoreFault> {
        let sql = include_str!("../queries/erasures.sql");
        answer(self.client.query_raw(sql).fetch_all()).await
    }
}

/// A request in pieces that statements have room for. None while a pattern has found no page.
fn reaches(row: &ErasureRow) -> Vec<Reach<'_>> {
    let reach = |pages, whole| Reach {
        id: row.id,
        site: &row.site,
        pages,
        whole,
        first: row.first_day,
        last: row.last_day,
    };
    if row.kind == 3 {
        return vec![reach(&[], true)];
    }
    row.pages
        .chunks(PAGES_PER_STATEMENT)
        .map(|pages| reach(pages, false))
        .collect()
}

fn erasure(row: ErasureRow) -> Option<Erasure> {
    let what = match row.kind {
        1 => Erased::Page(PageId(row.pages.first().copied().unwrap_or(0))),
        2 => Erased::Pattern(row.pattern),
        3 => Erased::Site,
        _ => return None,
    };
    let state = match row.state {
        1 => ErasureState::Pending,
        2 => ErasureState::Counted,
        3 => ErasureState::Final,
        _ => return None,
    };
    Some(Erasure {
        id: row.id,
        site: SiteKey::parse(&row.site)?,
        what,
        first: Day(row.first_day),
        last: Day(row.last_day),
        requested: Hour(row.requested / HOUR_S),
        state,
        deleted: row.deleted,
    })
}
