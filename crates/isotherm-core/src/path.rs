//! A page's path as it may be stored.

/// A normalised, scrubbed path.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PagePath(Box<str>);

impl PagePath {
    /// Normalises a path.
    pub fn normalise(raw: &str) -> Result<PagePath, PathError> {
        if raw.starts_with('/') {
            Ok(PagePath(raw.into()))
        } else {
            Err(PathError)
        }
    }

    /// The path.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Not a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a path")]
pub struct PathError;
