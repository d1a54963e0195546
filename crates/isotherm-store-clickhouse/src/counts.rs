//! The writing side: batches into `live`, positions out of the ledger, texts past the rarity gate.
//!
//! A blocking facade, because the aggregator's steps run on plain threads in a fixed order.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use bytes::Bytes;
use clickhouse::{Client, Row};
use isotherm_core::day::Day;
use isotherm_core::ports::{Block, CountStore, Inserted, LedgerEnd, StoreError, Text};
use isotherm_core::record::{Lane, Lanes, LogId};
use isotherm_core::thresholds::RARITY_MIN;
use isotherm_fault::{Mutant, Point, mutant, point};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio_util::sync::CancellationToken;

use crate::block;
use crate::fault::StoreFault;
use crate::seals::Seals;
use crate::settings::{IDS_AT_ONCE, StoreSettings, answer};

/// Settings of every insert of a batch. Block sizes are far above any batch: the block is stored whole or not at all.
/// `check` reads them back from the server.
pub(crate) const INSERT_SETTINGS: [(&str, &str); 9] = [
    ("insert_deduplicate", "1"),
    ("async_insert", "0"),
    ("max_insert_threads", "1"),
    ("max_insert_block_size", "67108864"),
    ("min_insert_block_size_rows", "67108864"),
    ("min_insert_block_size_bytes", "4294967296"),
    ("input_format_parallel_parsing", "0"),
    ("optimize_on_insert", "0"),
    ("max_partitions_per_insert_block", "1"),
];

/// Bytes handed to the connection at a time.
const CHUNK_BYTES: usize = 1 << 20;
/// The server must take a chunk within this time, else the insert is given up; the ledger says whether it landed.
const SEND_TIMEOUT: Duration = Duration::from_secs(30);
/// The server must answer a finished insert within this time; likewise.
const END_TIMEOUT: Duration = Duration::from_secs(60);

/// The writing side of the store, for plain threads: a call blocks, and panics on a thread of the async runtime.
pub struct ClickHouseCounts {
    client: Client,
    runtime: Handle,
    /// From then on no answer is waited for.
    give_up: CancellationToken,
    /// The batch with which each partition's ledger ended last: where the next look begins.
    ends: HashMap<(LogId, u16), LookFrom>,
}

/// From where on the end of a ledger is looked for.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct LookFrom {
    offset: u64,
    landing: u16,
}

#[derive(Row, Deserialize)]
struct EndRow {
    batches: u64,
    first: u64,
    last: u64,
    opening: u64,
    landing: u16,
    records: u64,
}

#[derive(Row, Deserialize)]
struct LaneRow {
    lane: u64,
    last: u64,
}

#[derive(Row, Serialize)]
struct PageRow<'a> {
    site: &'a str,
    page: u64,
    path: &'a str,
}

#[derive(Row, Serialize)]
struct AnchorRow<'a> {
    site: &'a str,
    anchor: u64,
    text: &'a str,
}

impl ClickHouseCounts {
    /// A store over the runtime on which its connections live. Connects at the first call.
    pub fn new(settings: &StoreSettings, runtime: Handle) -> ClickHouseCounts {
        ClickHouseCounts {
            client: settings.client(),
            runtime,
            give_up: CancellationToken::new(),
            ends: HashMap::new(),
        }
    }

    /// The same store, which waits for no answer any more once the token is cancelled: a process that must end may leave
    /// an insert on its way, because the ledger says whether it landed.
    pub fn giving_up(self, give_up: CancellationToken) -> ClickHouseCounts {
        ClickHouseCounts { give_up, ..self }
    }

    fn wait<T>(&self, asked: impl Future<Output = Result<T, StoreFault>>) -> Result<T, StoreFault> {
        self.runtime.block_on(async {
            tokio::select! {
                answer = asked => answer,
                () = self.give_up.cancelled() => Err(StoreFault::Unavailable("the process stops".into())),
            }
        })
    }

    async fn read_end(&self, log_id: LogId, partition: u16, from: LookFrom) -> Result<Option<EndRow>, StoreFault> {
        let seals = Seals::read(&self.client).await?;
        let query = seals
            .bind(self.client.query_raw(include_str!("../queries/ledger_end.sql")))
            .param("log_id", log_id.0)
            .param("partition", partition)
            .param("from_offset", from.offset)
            .param("from_landing", from.landing)
            .with_setting("max_threads", "1");
        let row: EndRow = answer(query.fetch_one()).await?;
        Ok((row.batches > 0).then_some(row))
    }

    async fn read_lanes(&self, log_id: LogId, partition: u16) -> Result<Lanes, StoreFault> {
        let seals = Seals::read(&self.client).await?;
        let query = seals
            .bind(self.client.query_raw(include_str!("../queries/lanes.sql")))
            .param("log_id", log_id.0)
            .param("partition", partition);
        let rows: Vec<LaneRow> = answer(query.fetch_all()).await?;
        Ok(Lanes::from_rows(rows.into_iter().map(|row| (Lane(row.lane), row.last))))
    }

    async fn send(&self, block: &Block) -> Result<Inserted, StoreFault> {
        let mut bytes = Bytes::from(block::encode(block));
        let inserted = Inserted {
            rows: block::rows(block) as u64,
            bytes: bytes.len() as u64,
        };
        let mut token = block::token(block);
        if mutant(Mutant::OwnToken) {
            token += &std::process::id().to_string();
        }
        let mut insert = self
            .client
            .insert_formatted_with(block::INSERT)
            .with_timeouts(Some(SEND_TIMEOUT), Some(END_TIMEOUT))
            .with_setting("insert_deduplication_token", token);
        for (name, value) in INSERT_SETTINGS {
            insert = insert.with_setting(name, value);
        }
        // At least two pieces, so that a fault can lie between them.
        let piece = CHUNK_BYTES.min(bytes.len().div_ceil(2));
        while !bytes.is_empty() {
            insert.send(bytes.split_to(piece.min(bytes.len()))).await?;
            point(Point::InsertMiddle, block.ledger.interactions);
        }
        insert.end().await?;
        Ok(inserted)
    }

    async fn publish_ready(&self, site: &str, texts: &[Text]) -> Result<Vec<Text>, StoreFault> {
        let (pages, anchors): (Vec<&Text>, Vec<&Text>) = texts.iter().partition(|text| matches!(text, Text::Page(..)));
        let mut published = self.publish_group(site, &pages, PAGES).await?;
        published.extend(self.publish_group(site, &anchors, ANCHORS).await?);
        Ok(texts.iter().filter(|text| published.contains(text)).cloned().collect())
    }

    /// Publishes what is ready of texts of one kind; says which are published.
    async fn publish_group<'a>(
        &self,
        site: &str,
        texts: &[&'a Text],
        (known_sql, ready_sql): (&str, &str),
    ) -> Result<BTreeSet<&'a Text>, StoreFault> {
        let ids: Vec<u64> = texts.iter().map(|text| id(text)).collect();
        let known = self.ids(known_sql, site, &ids).await?;
        let unknown: Vec<u64> = ids.into_iter().filter(|id| !known.contains(id)).collect();
        let ready = self.ids(ready_sql, site, &unknown).await?;
        let of = |ids: &BTreeSet<u64>| texts.iter().copied().filter(|text| ids.contains(&id(text))).collect();
        let mut published: BTreeSet<&Text> = of(&ready);
        self.write_texts(site, &published).await?;
        published.extend::<BTreeSet<&Text>>(of(&known));
        Ok(published)
    }

    /// Those of the ids for which the question says yes.
    async fn ids(&self, sql: &str, site: &str, ids: &[u64]) -> Result<BTreeSet<u64>, StoreFault> {
        let mut found = BTreeSet::new();
        for some in ids.chunks(IDS_AT_ONCE) {
            let seals = Seals::read(&self.client).await?;
            let query = seals
                .bind_site(self.client.query_raw(sql), site)
                .param("site", site)
                .param("ids", some)
                .param("views_min", RARITY_MIN);
            let rows: Vec<u64> = answer(query.fetch_all()).await?;
            found.extend(rows);
        }
        Ok(found)
    }

    /// Writing a text twice does no harm: readers take one of each id.
    async fn write_texts(&self, site: &str, texts: &BTreeSet<&Text>) -> Result<(), StoreFault> {
        if texts.is_empty() {
            return Ok(());
        }
        let client = self.client.clone().with_setting("async_insert", "0");
        let (mut pages, mut anchors) = (Vec::new(), Vec::new());
        for text in texts {
            match text {
                Text::Page(page, path) => pages.push(PageRow {
                    site,
                    page: page.0,
                    path,
                }),
                Text::Anchor(anchor, text) => anchors.push(AnchorRow {
                    site,
                    anchor: anchor.0,
                    text,
                }),
            }
        }
        answer(async {
            if !pages.is_empty() {
                let mut insert = client.insert::<PageRow<'_>>("pages").await?;
                for row in &pages {
                    insert.write(row).await?;
                }
                insert.end().await?;
            }
            if !anchors.is_empty() {
                let mut insert = client.insert::<AnchorRow<'_>>("anchors").await?;
                for row in &anchors {
                    insert.write(row).await?;
                }
                insert.end().await?;
            }
            Ok(())
        })
        .await
    }
}

/// For pages and for anchors: which are published, and which are ready to be.
const PAGES: (&str, &str) = (
    include_str!("../queries/published_pages.sql"),
    include_str!("../queries/ready_pages.sql"),
);
const ANCHORS: (&str, &str) = (
    include_str!("../queries/published_anchors.sql"),
    include_str!("../queries/ready_anchors.sql"),
);

fn id(text: &Text) -> u64 {
    match text {
        Text::Page(page, _) => page.0,
        Text::Anchor(anchor, _) => anchor.0,
    }
}

impl CountStore for ClickHouseCounts {
    fn ledger_end(&mut self, log_id: LogId, partition: u16) -> Result<Option<LedgerEnd>, StoreError> {
        let known = self.ends.remove(&(log_id, partition)).unwrap_or_default();
        let mut row = self.wait(self.read_end(log_id, partition, known))?;
        if row.is_none() && known != LookFrom::default() {
            // The batch that ended the ledger is gone: a backup was restored under us. Look at all of it.
            row = self.wait(self.read_end(log_id, partition, LookFrom::default()))?;
        }
        let Some(row) = row else {
            return Ok(None);
        };
        let from = LookFrom {
            offset: row.first,
            landing: row.landing.saturating_sub(1),
        };
        self.ends.insert((log_id, partition), from);
        Ok(Some(LedgerEnd {
            last: row.last,
            opening: row.opening,
            records: row.records,
        }))
    }

    fn lanes(&mut self, log_id: LogId, partition: u16) -> Result<Lanes, StoreError> {
        Ok(self.wait(self.read_lanes(log_id, partition))?)
    }

    fn landing_is_open(&mut self, landing: Day) -> Result<bool, StoreError> {
        let seals = self.wait(Seals::read(&self.client))?;
        Ok(!seals.holds(landing.0))
    }

    fn insert(&mut self, block: &Block) -> Result<Inserted, StoreError> {
        Ok(self.wait(self.send(block))?)
    }

    fn publish(&mut self, site: &str, texts: &[Text]) -> Result<Vec<Text>, StoreError> {
        Ok(self.wait(self.publish_ready(site, texts))?)
    }
}
