//! `[public]`: how the installation is reached from outside.

use super::Section;
use super::value::{Must, Value};

/// `[public]`.
#[derive(Clone, Default, Debug)]
pub(crate) struct PublicConfig {
    /// The base URL that visitors' browsers reach, for script tags. Default: `http://` and the address listened on.
    pub(crate) url: Option<String>,
    /// The same service under another site's name, for the opt-out page, which tests from there whether the opt-out reaches
    /// other sites. Default: none, and the page says that it cannot test it.
    pub(crate) second_url: Option<String>,
}

impl Section for PublicConfig {
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Must> {
        match key {
            "url" => self.url = Some(base_url(value)?),
            "second_url" => self.second_url = Some(base_url(value)?),
            _ => return Err(None),
        }
        Ok(())
    }

    fn keys(&self) -> &'static [&'static str] {
        &["url", "second_url"]
    }
}

fn base_url(value: &Value) -> Result<String, Must> {
    let text = value.text()?.trim_end_matches('/').to_owned();
    let harmless = !text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>' | ';' | ','));
    if !harmless || !(text.starts_with("https://") || text.starts_with("http://")) {
        return Err(Some("a URL that begins with https:// (or http:// for tests)".into()));
    }
    Ok(text)
}
