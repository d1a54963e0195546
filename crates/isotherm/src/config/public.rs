//! `[public]`: how the installation is reached from outside.

use super::Section;
use super::value::{Must, Value};

/// `[public]`.
#[derive(Clone, Default, Debug)]
pub(crate) struct PublicConfig {
    /// The base URL that visitors' browsers reach, for script tags. Default: `http://` and the address listened on.
    pub(crate) url: Option<String>,
}

impl Section for PublicConfig {
    fn set(&mut self, key: &str, value: &Value) -> Result<(), Must> {
        match key {
            "url" => {
                let text = value.text()?.trim_end_matches('/').to_owned();
                let harmless = !text.contains(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '<' | '>'));
                if !harmless || !(text.starts_with("https://") || text.starts_with("http://")) {
                    return Err(Some("a URL that begins with https:// (or http:// for tests)".into()));
                }
                self.url = Some(text);
            }
            _ => return Err(None),
        }
        Ok(())
    }

    fn keys(&self) -> &'static [&'static str] {
        &["url"]
    }
}
