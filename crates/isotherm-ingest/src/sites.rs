//! The sites that are measured: a table that is replaced as a whole, and its copy on disk, so that collecting starts
//! while the store is away.

use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use isotherm_core::admit::Sites;
use isotherm_core::ids::IdKey;
use isotherm_core::site::{Origin, PageRule, RuleAction, Site, SiteKey};
use serde::{Deserialize, Serialize};

/// The current sites. Clones are the same table.
#[derive(Clone, Default)]
pub struct SiteTable(Arc<RwLock<Arc<Sites>>>);

impl SiteTable {
    /// The sites as they are now.
    pub fn current(&self) -> Arc<Sites> {
        // The table is replaced as a whole; a panic elsewhere leaves the old one.
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Replaces all sites.
    pub fn replace(&self, sites: Vec<Site>) {
        let sites = sites.into_iter().map(|site| (site.key.clone(), site)).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(sites);
    }
}

/// What collecting needs of the control tables, as a file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SnapshotV1 {
    id_key: [u8; 16],
    sites: Vec<SiteV1>,
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

/// Writes the sites and the id key beside the log, whole or not at all.
pub fn save(path: &Path, id_key: &IdKey, sites: &[Site]) -> io::Result<()> {
    let snapshot = SnapshotV1 {
        id_key: id_key.bytes(),
        sites: sites.iter().map(SiteV1::from).collect(),
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
pub fn load(path: &Path) -> io::Result<Option<(IdKey, Vec<Site>)>> {
    let text = match fs::read(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let snapshot: SnapshotV1 = serde_json::from_slice(&text).map_err(io::Error::other)?;
    let sites: Option<Vec<Site>> = snapshot.sites.iter().map(site).collect();
    let sites = sites.ok_or_else(|| io::Error::other("the copy of the sites holds something that is no site"))?;
    Ok(Some((IdKey::new(snapshot.id_key), sites)))
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
        save(&path, &IdKey::new([7; 16]), std::slice::from_ref(&acme)).expect("written");
        let (key, sites) = load(&path).expect("readable").expect("there");
        assert_eq!((key.bytes(), sites), ([7; 16], vec![acme]));
        fs::write(&path, "{").expect("written");
        assert!(load(&path).is_err());
    }
}
