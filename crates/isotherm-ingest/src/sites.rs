//! The sites that are measured: a table that is replaced as a whole, and its copy on disk, so that collecting starts
//! while the store is away.

use std::collections::HashSet;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use isotherm_core::admit::Sites;
use isotherm_core::ids::{IdKey, PageId};
use isotherm_core::site::{Origin, PageRule, RuleAction, Site, SiteKey};
use serde::{Deserialize, Serialize};

/// The current sites, and the pages that are refused whatever their site's rules say. Clones are the same table.
#[derive(Clone, Default)]
pub struct SiteTable {
    sites: Arc<RwLock<Arc<Sites>>>,
    refused: Arc<RwLock<HashSet<PageId>>>,
}

/// What collecting starts from while the store is away.
pub struct Saved {
    /// The key of ids.
    pub id_key: IdKey,
    /// The sites.
    pub sites: Vec<Site>,
    /// Pages that are refused.
    pub refused: Vec<PageId>,
}

impl SiteTable {
    /// The sites as they are now.
    pub fn current(&self) -> Arc<Sites> {
        // The table is replaced as a whole; a panic elsewhere leaves the old one.
        self.sites.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a page is refused because it is being erased.
    pub fn refuses(&self, page: PageId) -> bool {
        self.refused
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .contains(&page)
    }

    /// The pages that are refused.
    pub fn refused(&self) -> HashSet<PageId> {
        self.refused.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces the pages that are refused.
    pub fn refuse(&self, pages: HashSet<PageId>) {
        *self.refused.write().unwrap_or_else(PoisonError::into_inner) = pages;
    }

    /// Replaces all sites.
    pub fn replace(&self, sites: Vec<Site>) {
        let sites = sites.into_iter().map(|site| (site.key.clone(), site)).collect();
        *self.sites.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(sites);
    }
}

/// What collecting needs of the control tables, as a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SnapshotV1 {
    id_key: [u8; 16],
    sites: Vec<SiteV1>,
    #[serde(default)]
    refused: Vec<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SiteV1 {
    key: String,
    origins: Vec<String>,
    rules: Vec<RuleV1>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleV1 {
    pattern: String,
    drop: bool,
}

/// Writes the sites, the refused pages and the id key beside the log, whole or not at all.
pub fn save(path: &Path, id_key: &IdKey, sites: &[Site], refused: &HashSet<PageId>) -> io::Result<()> {
    let snapshot = SnapshotV1 {
        id_key: id_key.bytes(),
        sites: sites.iter().map(SiteV1::from).collect(),
        refused: refused.iter().map(|page| page.0).collect(),
    };
    let text = serde_json::to_vec_pretty(&snapshot).map_err(io::Error::other)?;
    let next = path.with_extension("next");
    // The id key in it is the installation's own.
    let mut file = fs::File::options()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&next)?;
    file.write_all(&text)?;
    file.sync_all()?;
    fs::rename(&next, path)
}

/// Reads what `save` wrote; `None` where there is nothing yet.
pub fn load(path: &Path) -> io::Result<Option<Saved>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let snapshot: SnapshotV1 = serde_json::from_slice(&text).map_err(io::Error::other)?;
    let sites: Option<Vec<Site>> = snapshot.sites.iter().map(site).collect();
    let sites = sites.ok_or_else(|| io::Error::other("the copy of the sites holds something that is no site"))?;
    Ok(Some(Saved {
        id_key: IdKey::new(snapshot.id_key),
        sites,
        refused: snapshot.refused.into_iter().map(PageId).collect(),
    }))
}

impl From<&Site> for SiteV1 {
    fn from(site: &Site) -> SiteV1 {
        let rules = site.rules.iter();
        SiteV1 {
            key: site.key.as_str().into(),
            origins: site.origins.iter().map(|origin| origin.as_str().into()).collect(),
            rules: rules
                .map(|rule| RuleV1 {
                    pattern: rule.pattern.clone(),
                    drop: rule.action == RuleAction::Drop,
                })
                .collect(),
        }
    }
}

fn site(raw: &SiteV1) -> Option<Site> {
    let rule = |rule: &RuleV1| PageRule {
        pattern: rule.pattern.clone(),
        action: if rule.drop { RuleAction::Drop } else { RuleAction::Group },
    };
    Some(Site {
        key: SiteKey::parse(&raw.key)?,
        origins: raw
            .origins
            .iter()
            .map(|origin| Origin::parse(origin))
            .collect::<Option<_>>()?,
        rules: raw.rules.iter().map(rule).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_loaded_and_nothing_is_nothing() {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("sites.json");
        assert!(load(&path).expect("no file is no error").is_none());
        let acme = Site {
            key: SiteKey::parse("acme").expect("a site key"),
            origins: vec![Origin::parse("https://acme.example").expect("an origin")],
            rules: vec![PageRule {
                pattern: "/admin/**".into(),
                action: RuleAction::Drop,
            }],
        };
        let refused = HashSet::from([PageId(9)]);
        save(&path, &IdKey::new([7; 16]), std::slice::from_ref(&acme), &refused).expect("written");
        let saved = load(&path).expect("readable").expect("there");
        assert_eq!((saved.id_key.bytes(), saved.sites), ([7; 16], vec![acme]));
        assert_eq!(saved.refused, [PageId(9)]);
        fs::write(&path, "{").expect("written");
        assert!(load(&path).is_err());
    }
}
