//! The shop's layout as Chromium measured it (`demo/layout/measure.mjs`): what stands where at each width.

use std::collections::BTreeMap;

use serde::Deserialize;
use thiserror::Error;

use crate::assets::LAYOUT;

/// Pages with their boxes at each measured width.
pub struct Layout {
    pages: BTreeMap<String, BTreeMap<u16, PageLayout>>,
}

/// One page at one width.
#[derive(Deserialize)]
pub(crate) struct PageLayout {
    /// Height of the whole page in px.
    pub(crate) height: f64,
    /// Everything a click can mean, in document order.
    pub(crate) boxes: Vec<Area>,
}

/// What a box is for.
#[derive(Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    /// A link, button or the like.
    Act,
    /// A form field.
    Field,
    /// Something to read.
    Text,
    /// A container or its margin.
    Area,
}

/// A box in page px: kind, anchor, x, y, width, height, and `stuck` if it stays in the window while the page moves.
#[derive(Deserialize)]
pub(crate) struct Area(
    pub(crate) Kind,
    pub(crate) String,
    pub(crate) f64,
    pub(crate) f64,
    pub(crate) f64,
    pub(crate) f64,
    #[serde(default)] String,
);

/// Why a layout could not be read.
#[derive(Debug, Error)]
#[error("the layout is not what measure.mjs writes: {0}")]
pub struct LayoutError(#[from] serde_json::Error);

impl Layout {
    /// The layout that is embedded in this binary.
    pub fn embedded() -> Result<Layout, LayoutError> {
        #[derive(Deserialize)]
        struct File {
            pages: BTreeMap<String, BTreeMap<u16, PageLayout>>,
        }
        let file: File = serde_json::from_str(LAYOUT)?;
        Ok(Layout { pages: file.pages })
    }

    /// Paths of all measured pages, sorted.
    pub fn paths(&self) -> impl Iterator<Item = &str> {
        self.pages.keys().map(String::as_str)
    }

    pub(crate) fn page(&self, path: &str, width_px: u16) -> Option<&PageLayout> {
        self.pages.get(path)?.get(&width_px)
    }
}

impl Area {
    /// Whether the point (page px) lies in it.
    pub(crate) fn holds(&self, x: f64, y: f64) -> bool {
        x >= self.2 && x < self.2 + self.4 && y >= self.3 && y < self.3 + self.5
    }

    /// Whether it stays in the window while the page moves.
    pub(crate) fn stuck(&self) -> bool {
        self.6 == "stuck"
    }

    /// Whether the site named it, and so wants to know whether it is seen.
    pub(crate) fn named(&self) -> bool {
        let name = self.1.strip_prefix("[data-isotherm=\"");
        name.and_then(|rest| rest.strip_suffix("\"]"))
            .is_some_and(|name| !name.contains('"'))
    }

    /// Its middle line in page px: it is seen where this is.
    pub(crate) fn middle_px(&self) -> f64 {
        self.3 + self.5 / 2.0
    }

    /// Whether a visitor acts on it.
    pub(crate) fn interactive(&self) -> bool {
        matches!(self.0, Kind::Act | Kind::Field)
    }

    /// Its surface in square px.
    pub(crate) fn surface(&self) -> f64 {
        self.4 * self.5
    }
}
