//! Sites, tokens and the id key. A write is one insert of a new version (or of a revocation); the newest counts.

use std::time::Duration;

use clickhouse::query::Query;
use clickhouse::{Client, Row, RowOwned, RowRead, RowWrite};
use isotherm_core::control::{
    AdminAct, ControlStore, Erased, Erasure, ErasureState, Scope, Share, SiteAccess, Token, TokenHash,
};
use isotherm_core::day::{Day, Hour};
use isotherm_core::ids::{IdKey, PageId};
use isotherm_core::reading::{ReadError, Reading};
use isotherm_core::site::{Origin, PageRule, RuleAction, Site, SiteKey};
use serde::{Deserialize, Serialize};

use crate::audit;
use crate::erase::Eraser;
use crate::fault::StoreFault;
use crate::settings::{StoreSettings, answer};
use crate::{shares, site_access};

/// How often a small question or write is tried while the server has no memory for it, which a batch or a large question
/// beside it takes for a moment. Then the refusal is passed on.
const TRIES_MAX: u32 = 20;
/// Pause between two tries; all of them take some five seconds.
const TRY_PAUSE: Duration = Duration::from_millis(250);

/// Tables besides those of counts whose rows of a site go with it.
const SITE_TABLES: [&str; 8] = [
    "pages",
    "anchors",
    "rules",
    "goals",
    "tokens",
    "shares",
    "arrivals",
    "site_access",
];

/// Tables of counts.
const COUNT_TABLES: [&str; 5] = ["live", "days", "countries", "waiting_days", "waiting_countries"];

/// The control tables.
#[derive(Clone)]
pub struct ClickHouseControl {
    client: Client,
}

/// What the removal of a site takes away.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Removed {
    /// Whether there was such a site.
    pub existed: bool,
    /// Tokens that no longer work.
    pub tokens: u64,
    /// Rows by table; those of texts and control tables go in the background.
    pub rows: Vec<(&'static str, u64)>,
}

#[derive(Row, Serialize, Deserialize)]
struct SiteRow {
    site: String,
    version: u64,
    removed: bool,
    origins: Vec<String>,
}

#[derive(Row, Serialize, Deserialize)]
struct RuleRow {
    site: String,
    version: u64,
    position: u16,
    pattern: String,
    action: i8,
}

#[derive(Row, Serialize, Deserialize)]
struct TokenRow {
    id: String,
    revoked: bool,
    hash: [u8; 32],
    site: String,
    scope: i8,
    allow_ip: Vec<String>,
    created: u16,
    expires: u16,
}

/// A token as it is read: with the day of its last use.
#[derive(Row, Deserialize)]
struct UsedTokenRow {
    id: String,
    hash: [u8; 32],
    site: String,
    scope: i8,
    allow_ip: Vec<String>,
    created: u16,
    expires: u16,
    last_used: u16,
}

impl ClickHouseControl {
    /// The control tables; connects at the first call.
    pub fn new(settings: &StoreSettings) -> ClickHouseControl {
        // An insert is there when it returns, in the order of calls.
        ClickHouseControl {
            client: settings.client().with_setting("async_insert", "0"),
        }
    }

    /// Removes a site: at once from collecting and answering, with its tokens; its rows go in the background. Asked again
    /// for the same site it finishes what an interruption left.
    pub async fn remove(&self, key: &SiteKey) -> Result<Removed, ReadError> {
        let newest = self.newest(key).await?;
        let existed = newest.as_ref().is_some_and(|row| !row.removed);
        let Some(newest) = newest else {
            return Ok(Removed {
                existed,
                tokens: 0,
                rows: Vec::new(),
            });
        };
        if existed {
            let gone = SiteRow {
                site: key.as_str().into(),
                version: newest.version + 1,
                removed: true,
                origins: Vec::new(),
            };
            write(&self.client, "sites", &[gone]).await?;
        }
        let tokens: Vec<UsedTokenRow> = self.token_rows().await?;
        let revoked: Vec<TokenRow> = tokens
            .into_iter()
            .filter(|token| token.site == key.as_str())
            .map(|token| revocation(&token.id))
            .collect();
        write(&self.client, "tokens", &revoked).await?;
        shares::revoke_all(&self.client, key).await?;
        let rows = self.delete_rows(key, existed).await?;
        Ok(Removed {
            existed,
            tokens: revoked.len() as u64,
            rows,
        })
    }

    /// The newest version of a site; `None` where there is none or it was removed.
    pub async fn site_version(&self, key: &SiteKey) -> Result<Option<u64>, ReadError> {
        let newest = self.newest(key).await?.filter(|row| !row.removed);
        Ok(newest.map(|row| row.version))
    }

    /// Removes a site that a backup brought back although it was removed with this version; says whether it had to be. A
    /// site of a later version was added after the removal and stays.
    pub async fn remove_as_of(&self, key: &SiteKey, version: u64) -> Result<bool, ReadError> {
        let known = self
            .newest(key)
            .await?
            .is_some_and(|row| row.version < version && !row.removed);
        if known {
            self.remove(key).await?;
        }
        Ok(known)
    }

    /// Writes acts down that another store had.
    pub async fn note_acts(&self, acts: &[AdminAct]) -> Result<(), StoreFault> {
        audit::note(&self.client, acts).await
    }

    /// Deletes the site's rows of all tables and says how many there are. Those of counts are gone when this returns, what
    /// the log still holds of them excepted: see [`Eraser`].
    async fn delete_rows(&self, key: &SiteKey, existed: bool) -> Result<Vec<(&'static str, u64)>, StoreFault> {
        let mut gone = Vec::new();
        for table in COUNT_TABLES.into_iter().chain(SITE_TABLES) {
            let count = format!("SELECT count() FROM {table} WHERE site = {{site:String}}");
            let rows: u64 = answer(self.query(&count).param("site", key.as_str()).fetch_one()).await?;
            if rows > 0 {
                gone.push((table, rows));
            }
        }
        self.erase_site(key, existed).await?;
        for (table, _) in gone.iter().filter(|(table, _)| SITE_TABLES.contains(table)) {
            self.delete(table, key).await?;
        }
        Ok(gone)
    }

    /// Begins to erase a site that was removed now, or goes on with one that was removed before.
    async fn erase_site(&self, key: &SiteKey, existed: bool) -> Result<(), StoreFault> {
        let eraser = Eraser::of(self.client.clone());
        let of_site = |erasure: &Erasure| erasure.site == *key && erasure.what == Erased::Site;
        let pending = eraser
            .erasures()
            .await?
            .into_iter()
            .rfind(|erasure| of_site(erasure) && erasure.state == ErasureState::Pending);
        let id = match pending {
            Some(erasure) => erasure.id,
            None if !existed => return Ok(()),
            None => self.request_site(&eraser, key).await?,
        };
        eraser.pass(id).await?;
        Ok(())
    }

    async fn request_site(&self, eraser: &Eraser, key: &SiteKey) -> Result<u64, StoreFault> {
        let mut id = [0; 8];
        getrandom::fill(&mut id).map_err(|_| StoreFault::Unavailable("the system gives no random bytes".into()))?;
        let now_s: u32 = answer(self.query("SELECT toUnixTimestamp(now())").fetch_one()).await?;
        let erasure = Erasure {
            id: u64::from_le_bytes(id),
            site: key.clone(),
            what: Erased::Site,
            first: Day(0),
            last: Day(u16::MAX),
            requested: Hour::of_unix_ms(u64::from(now_s) * 1_000),
            state: ErasureState::Pending,
            deleted: 0,
        };
        eraser.request(&erasure).await?;
        Ok(erasure.id)
    }

    async fn delete(&self, table: &str, key: &SiteKey) -> Result<(), StoreFault> {
        let sql = format!("ALTER TABLE {table} DELETE WHERE site = {{site:String}} SETTINGS mutations_sync = 0");
        answer(self.query(&sql).param("site", key.as_str()).execute()).await
    }

    async fn newest(&self, key: &SiteKey) -> Result<Option<SiteRow>, StoreFault> {
        let rows = self.site_rows().await?;
        Ok(rows.into_iter().find(|row| row.site == key.as_str()))
    }

    /// The newest version of each site, removed ones as well.
    async fn site_rows(&self) -> Result<Vec<SiteRow>, StoreFault> {
        self.all(include_str!("../queries/sites.sql")).await
    }

    async fn token_rows(&self) -> Result<Vec<UsedTokenRow>, StoreFault> {
        self.all(include_str!("../queries/tokens.sql")).await
    }

    async fn read_sites(&self) -> Result<Vec<Site>, ReadError> {
        let rows = self.site_rows().await?;
        let rules: Vec<RuleRow> = self.all(include_str!("../queries/rules.sql")).await?;
        let mut sites = Vec::new();
        for row in rows.into_iter().filter(|row| !row.removed) {
            let origins = row
                .origins
                .iter()
                .map(|origin| Origin::parse(origin))
                .collect::<Option<_>>();
            let rules = rules
                .iter()
                .filter(|rule| rule.site == row.site && rule.version == row.version)
                .map(|rule| PageRule {
                    pattern: rule.pattern.clone(),
                    action: if rule.action == 1 {
                        RuleAction::Drop
                    } else {
                        RuleAction::Group
                    },
                })
                .collect();
            let site = SiteKey::parse(&row.site)
                .zip(origins)
                .map(|(key, origins)| Site { key, origins, rules });
            sites.push(site.ok_or_else(|| damaged("sites"))?);
        }
        Ok(sites)
    }

    /// The rules first: without the site's row of the same version nobody reads them.
    async fn write_site(&self, site: &Site) -> Result<(), ReadError> {
        let version = self.newest(&site.key).await?.map_or(1, |row| row.version + 1);
        let rules: Vec<RuleRow> = site
            .rules
            .iter()
            .zip(0..)
            .map(|(rule, position)| RuleRow {
                site: site.key.as_str().into(),
                version,
                position,
                pattern: rule.pattern.clone(),
                action: match rule.action {
                    RuleAction::Drop => 1,
                    RuleAction::Group => 2,
                },
            })
            .collect();
        write(&self.client, "rules", &rules).await?;
        let row = SiteRow {
            site: site.key.as_str().into(),
            version,
            removed: false,
            origins: site.origins.iter().map(|origin| origin.as_str().into()).collect(),
        };
        Ok(write(&self.client, "sites", &[row]).await?)
    }

    async fn read_tokens(&self) -> Result<Vec<Token>, ReadError> {
        // Day 0 stands for none in both.
        let day = |day: u16| (day > 0).then_some(Day(day));
        let token = |row: UsedTokenRow| {
            Some(Token {
                id: row.id,
                hash: TokenHash(row.hash),
                site: SiteKey::parse(&row.site)?,
                scope: if row.scope == 2 { Scope::Admin } else { Scope::Read },
                allow_ip: row.allow_ip,
                created: Day(row.created),
                expires: day(row.expires),
                last_used: day(row.last_used),
            })
        };
        let rows = self.token_rows().await?;
        let tokens: Option<Vec<Token>> = rows.into_iter().map(token).collect();
        tokens.ok_or_else(|| damaged("tokens"))
    }

    async fn read_id_key(&self) -> Result<IdKey, ReadError> {
        let text: Option<String> = answer(self.query(include_str!("../queries/id_key.sql")).fetch_optional()).await?;
        let text = text.ok_or_else(|| ReadError::Refused("there is no id key; run `isotherm migrate`".into()))?;
        key_of_hex(&text).ok_or_else(|| damaged("settings"))
    }

    /// All rows of a small table.
    async fn all<T: RowOwned + RowRead>(&self, sql: &str) -> Result<Vec<T>, StoreFault> {
        for _ in 1..TRIES_MAX {
            match answer(self.query(sql).fetch_all()).await {
                Err(fault) if fault.is_short_of_memory() => tokio::time::sleep(TRY_PAUSE).await,
                answered => return answered,
            }
        }
        answer(self.query(sql).fetch_all()).await
    }

    fn query(&self, sql: &str) -> Query {
        self.client.query_raw(sql)
    }
}

/// Inserts rows; nothing for none.
pub(crate) async fn write<T>(client: &Client, table: &str, rows: &[T]) -> Result<(), StoreFault>
where
    T: RowOwned + RowWrite,
{
    if rows.is_empty() {
        return Ok(());
    }
    for _ in 1..TRIES_MAX {
        match write_once(client, table, rows).await {
            Err(fault) if fault.is_short_of_memory() => tokio::time::sleep(TRY_PAUSE).await,
            written => return written,
        }
    }
    write_once(client, table, rows).await
}

async fn write_once<T>(client: &Client, table: &str, rows: &[T]) -> Result<(), StoreFault>
where
    T: RowOwned + RowWrite,
{
    answer(async {
        let mut insert = client.insert::<T>(table).await?;
        for row in rows {
            insert.write(row).await?;
        }
        insert.end().await
    })
    .await
}

fn revocation(id: &str) -> TokenRow {
    TokenRow {
        id: id.into(),
        revoked: true,
        hash: [0; 32],
        site: String::new(),
        scope: 1,
        allow_ip: Vec::new(),
        created: 0,
        expires: 0,
    }
}

/// The error where a stored row cannot be one of ours.
pub(crate) fn damaged(table: &str) -> ReadError {
    ReadError::Refused(format!("a row of table {table} holds what no build of this writes"))
}

fn key_of_hex(text: &str) -> Option<IdKey> {
    let mut key = [0; 16];
    if text.len() != 32 || !text.is_ascii() {
        return None;
    }
    for (byte, at) in key.iter_mut().zip((0..32).step_by(2)) {
        *byte = u8::from_str_radix(&text[at..at + 2], 16).ok()?;
    }
    Some(IdKey::new(key))
}

impl ControlStore for ClickHouseControl {
    fn id_key(&self) -> Reading<'_, IdKey> {
        Box::pin(self.read_id_key())
    }

    fn sites(&self) -> Reading<'_, Vec<Site>> {
        Box::pin(self.read_sites())
    }

    fn put_site<'a>(&'a self, site: &'a Site) -> Reading<'a, ()> {
        Box::pin(self.write_site(site))
    }

    fn remove_site<'a>(&'a self, key: &'a SiteKey) -> Reading<'a, bool> {
        Box::pin(async move { Ok(self.remove(key).await?.existed) })
    }

    fn tokens(&self) -> Reading<'_, Vec<Token>> {
        Box::pin(self.read_tokens())
    }

    fn put_token<'a>(&'a self, token: &'a Token) -> Reading<'a, ()> {
        Box::pin(async move {
            let row = TokenRow {
                id: token.id.clone(),
                revoked: false,
                hash: token.hash.0,
                site: token.site.as_str().into(),
                scope: match token.scope {
                    Scope::Read => 1,
                    Scope::Admin => 2,
                },
                allow_ip: token.allow_ip.clone(),
                created: token.created.0,
                expires: token.expires.map_or(0, |day| day.0),
            };
            Ok(write(&self.client, "tokens", &[row]).await?)
        })
    }

    fn note_uses<'a>(&'a self, ids: &'a [String], day: Day) -> Reading<'a, ()> {
        Box::pin(async move { Ok(audit::note_uses(&self.client, ids, day).await?) })
    }

    fn site_access(&self) -> Reading<'_, Vec<SiteAccess>> {
        Box::pin(site_access::all(&self.client))
    }

    fn put_site_access<'a>(&'a self, access: &'a SiteAccess) -> Reading<'a, ()> {
        Box::pin(async move { Ok(site_access::put(&self.client, access).await?) })
    }

    fn note_act<'a>(&'a self, act: &'a AdminAct) -> Reading<'a, ()> {
        Box::pin(async move { Ok(audit::note(&self.client, std::slice::from_ref(act)).await?) })
    }

    fn acts(&self) -> Reading<'_, Vec<AdminAct>> {
        Box::pin(async move { Ok(audit::acts(&self.client).await?) })
    }

    fn erasures(&self) -> Reading<'_, Vec<Erasure>> {
        Box::pin(async move { Ok(Eraser::of(self.client.clone()).erasures().await?) })
    }

    fn revoke_token<'a>(&'a self, id: &'a str) -> Reading<'a, bool> {
        Box::pin(async move {
            let there = self.token_rows().await?.iter().any(|token| token.id == id);
            if there {
                write(&self.client, "tokens", &[revocation(id)]).await?;
            }
            Ok(there)
        })
    }

    fn shares(&self) -> Reading<'_, Vec<Share>> {
        Box::pin(shares::all(&self.client))
    }

    fn put_share<'a>(&'a self, share: &'a Share) -> Reading<'a, ()> {
        Box::pin(async move { Ok(shares::put(&self.client, share).await?) })
    }

    fn revoke_share<'a>(&'a self, id: &'a str) -> Reading<'a, bool> {
        Box::pin(async move { Ok(shares::revoke(&self.client, id).await?) })
    }

    fn page_paths<'a>(&'a self, site: &'a SiteKey, pages: &'a [PageId]) -> Reading<'a, Vec<(PageId, String)>> {
        Box::pin(async move { Ok(shares::page_paths(&self.client, site, pages).await?) })
    }
}
