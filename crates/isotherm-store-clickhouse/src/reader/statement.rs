//! How a question becomes a statement: a file of SQL over the source of counts that its filter needs, with all that it is
//! narrowed to as parameters of the server.

use clickhouse::query::Query;
use isotherm_core::Country;
use isotherm_core::ids::PageId;
use isotherm_core::reading::{Filter, ReadError};
use isotherm_core::viewport::ViewportClass;

use super::ClickHouseReader;

const BY_DAY: &str = include_str!("../../queries/counts_by_day.sql");
pub(super) const BY_COUNTRY: &str = include_str!("../../queries/counts_by_country.sql");

/// What a question needs of the places of sealed rows: `@places@` and `@each@` in the sources.
#[derive(Clone, Copy)]
pub(super) enum Places {
    /// Each place as a row.
    Each,
    /// Their sums alone, without unfolding the arrays.
    Summed,
}

/// Which rows of the tables a question is about, as the files of SQL name them.
const CONDITIONS: [(&str, &str); 4] = [
    ("@map@", include_str!("../../queries/of_map.sql")),
    ("@live@", include_str!("../../queries/of_live.sql")),
    ("@days@", include_str!("../../queries/of_days.sql")),
    ("@waiting_days@", include_str!("../../queries/of_waiting_days.sql")),
];

impl ClickHouseReader {
    /// A question about places over the source that the filter needs: by country as soon as one is named.
    pub(super) async fn ask(&self, filter: &Filter, question: &str) -> Result<Query, ReadError> {
        self.ask_of(source(filter), Places::Each, filter, question).await
    }

    /// The same for a question that needs no place.
    pub(super) async fn ask_sums(&self, filter: &Filter, question: &str) -> Result<Query, ReadError> {
        self.ask_of(source(filter), Places::Summed, filter, question).await
    }

    pub(super) async fn ask_of(
        &self,
        source: &str,
        places: Places,
        filter: &Filter,
        question: &str,
    ) -> Result<Query, ReadError> {
        let source = places.put_in(source);
        self.bound(&format!("WITH counts AS (\n{source})\n{question}"), filter)
            .await
    }

    /// A statement over counts with all that it is narrowed to.
    pub(super) async fn bound(&self, sql: &str, filter: &Filter) -> Result<Query, ReadError> {
        let seals = self.seals().await?;
        let site = filter.site.as_str();
        // A table that is not needed costs a sixth of the planning, a condition that holds for every row a thirtieth.
        let sql = with_lines(sql, &[("@unsealed@", !filter.sealed_only)]);
        let sql = CONDITIONS
            .iter()
            .fold(sql, |sql, (mark, text)| sql.replace(mark, text.trim_end()));
        let sql = with_lines(
            &sql,
            &[
                ("@viewport@", filter.viewport.is_some()),
                ("@coarse@", seals.coarse(site).attempt > 0),
            ],
        );
        Ok(filtered(seals.bind_site(self.client.query_raw(&sql), site), filter))
    }
}

impl Places {
    fn put_in(self, source: &str) -> String {
        let (columns, each) = match self {
            Places::Each => (include_str!("../../queries/places_each.sql"), " ARRAY JOIN places"),
            Places::Summed => (include_str!("../../queries/places_summed.sql"), ""),
        };
        source.replace("@places@", columns.trim_end()).replace("@each@", each)
    }
}

/// By country as soon as one is named.
fn source(filter: &Filter) -> &'static str {
    if filter.country.is_some() { BY_COUNTRY } else { BY_DAY }
}

/// The text with those of its marked lines that are wanted.
fn with_lines(sql: &str, marks: &[(&str, bool)]) -> String {
    let line = |line: &str| {
        let marked = marks
            .iter()
            .find_map(|(mark, wanted)| Some((line.strip_prefix(mark)?.to_owned(), *wanted)));
        match marked {
            Some((text, wanted)) => wanted.then_some(text),
            None => Some(line.to_owned()),
        }
    };
    sql.lines().filter_map(line).collect::<Vec<String>>().join("\n")
}

/// Adds what every question is narrowed to.
pub(super) fn filtered(query: Query, filter: &Filter) -> Query {
    query
        .param("site", filter.site.as_str())
        .param("from", filter.from.0)
        .param("to", filter.to.0)
        .param("viewport", filter.viewport.map_or(0, ViewportClass::code))
        .param("country", filter.country.as_ref().map_or("", Country::as_str))
}

/// Adds the page of a question that may be about all pages.
pub(super) fn on_page(query: Query, page: Option<PageId>) -> Query {
    query
        .param("any_page", u8::from(page.is_none()))
        .param("page", page.map_or(0, |page| page.0))
}
