//! Finds the files that Isotherm runs on but does not build: the engine and the country file.
//!
//! One lookup for the installed binary, for `cargo test` and for packages, so that no other code
//! knows where they lie.

use std::env;
use std::path::{Path, PathBuf};

/// File name of the embedded ClickHouse engine.
pub const ENGINE: &str = "libchdb.so";

/// File name of the country file (MMDB, IPv4 and IPv6).
pub const COUNTRY: &str = "country.mmdb";

/// Environment variable that names the assets folder and wins over every other place.
pub const ASSETS_VARIABLE: &str = "ISOTHERM_ASSETS";

/// The file was in none of the places; the text says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{name} was not found; run `make build`, or name its folder in {ASSETS_VARIABLE} (looked in: {})", list(.looked_in))]
pub struct AssetError {
    /// The file that was asked for.
    pub name: String,
    /// The folders that were looked in, in order.
    pub looked_in: Vec<PathBuf>,
}

/// Where the asset `name` lies.
///
/// Looks in `ISOTHERM_ASSETS` alone when that is set; else in `assets/` beside the executable, one
/// and two folders above it (so that `target/debug` and `target/debug/deps` find `target/assets`),
/// then in the user's cache, `$XDG_CACHE_HOME/isotherm/assets` or `~/.cache/isotherm/assets`.
///
/// # Errors
/// When no such file is in any of these places.
pub fn find(name: &str) -> Result<PathBuf, AssetError> {
    let executable = env::current_exe().ok();
    find_in(
        name,
        folders(|key| env::var_os(key).map(PathBuf::from), executable.as_deref()),
    )
}

fn find_in(name: &str, folders: Vec<PathBuf>) -> Result<PathBuf, AssetError> {
    folders
        .iter()
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
        .ok_or_else(|| AssetError {
            name: name.to_owned(),
            looked_in: folders,
        })
}

fn folders(variable: impl Fn(&str) -> Option<PathBuf>, executable: Option<&Path>) -> Vec<PathBuf> {
    let set = |key: &str| variable(key).filter(|value| !value.as_os_str().is_empty());
    if let Some(folder) = set(ASSETS_VARIABLE) {
        return vec![folder];
    }
    let beside = executable.and_then(Path::parent);
    let mut folders: Vec<PathBuf> = beside
        .into_iter()
        .flat_map(|folder| folder.ancestors().take(3))
        .map(|folder| folder.join("assets"))
        .collect();
    let cache = set("XDG_CACHE_HOME").or_else(|| set("HOME").map(|home| home.join(".cache")));
    folders.extend(cache.map(|cache| cache.join("isotherm").join("assets")));
    folders
}

fn list(folders: &[PathBuf]) -> String {
    let names: Vec<_> = folders.iter().map(|folder| folder.display().to_string()).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<PathBuf> {
        move |key| {
            pairs
                .iter()
                .find(|(name, _)| *name == key)
                .map(|(_, value)| value.into())
        }
    }

    #[test]
    fn the_variable_wins_over_every_other_place() {
        let found = folders(variables(&[("ISOTHERM_ASSETS", "/a"), ("HOME", "/h")]), None);
        assert_eq!(found, [PathBuf::from("/a")]);
    }

    #[test]
    fn test_executables_look_beside_the_target_folders() {
        let executable = Path::new("/p/target/debug/deps/it");
        let found = folders(variables(&[("HOME", "/h")]), Some(executable));
        let expected = [
            "/p/target/debug/deps/assets",
            "/p/target/debug/assets",
            "/p/target/assets",
            "/h/.cache/isotherm/assets",
        ];
        assert_eq!(found, expected.map(PathBuf::from));
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let found = folders(variables(&[("ISOTHERM_ASSETS", ""), ("XDG_CACHE_HOME", "/c")]), None);
        assert_eq!(found, [PathBuf::from("/c/isotherm/assets")]);
    }

    #[test]
    fn the_error_says_what_to_do() {
        let error = find_in("no-such-file", vec!["/nowhere".into()])
            .unwrap_err()
            .to_string();
        assert!(error.contains("make build") && error.contains("/nowhere"), "{error}");
    }
}
