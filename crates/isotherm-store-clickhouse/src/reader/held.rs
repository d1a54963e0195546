//! Answers about pages that are held in memory.

use std::sync::Arc;

use isotherm_core::day::Day;
use isotherm_core::held::{Found, HeldPlace, Sums};
use isotherm_core::ids::PageId;
use isotherm_core::place::{Cell, Layer, SubCell};
use isotherm_core::reading::{CellSum, ElementSum, Filter, MapSums, ReadError, SealedMap};
use isotherm_core::row::Kind;
use isotherm_core::site::SiteKey;

use super::memory::{Held, KnownTexts, Memory};
use super::rows::unit;
use super::state::{State, Versions};
use super::{ClickHouseReader, known};

impl ClickHouseReader {
    /// What is held of a page, for a question by day in these layers; `None` where the store must be asked.
    pub(super) async fn find(&self, filter: &Filter, page: PageId, layers: &[Layer]) -> Option<Found> {
        let (memory, state, versions) = self.remembered(filter)?;
        let sealed = memory.sealed(filter.site.as_str(), page, &versions)??;
        let mut found = sealed.find(filter, layers);
        if state.is_live && !filter.sealed_only {
            let live = self.live(memory, &filter.site, page, &versions).await?;
            found = found + live.find(filter, layers);
        }
        found.sealed.newest = state.seals.newest().map(Day);
        Some(found)
    }

    /// What is live of a page: held, or read now. `None` where somebody else reads it, where it is too much, or where that goes
    /// wrong: the store is asked then, and less of it.
    async fn live(&self, memory: &Memory, site: &SiteKey, page: PageId, versions: &Versions) -> Held {
        let key = (site.as_str().to_owned(), page.0);
        if let Some(held) = memory.live(&key, versions) {
            return held;
        }
        let _reading = memory.read_live(&key)?;
        let held = self.read_live(site, page).await.ok()?;
        memory.keep_live(&key, versions, held)
    }

    /// The memory and the state that an answer by day may use; nothing is held by country.
    fn remembered(&self, filter: &Filter) -> Option<(&Memory, &State, Versions)> {
        let (memory, state) = (self.memory.as_ref()?, self.held.as_ref()?);
        (filter.country.is_none()).then_some((&**memory, &**state, state.versions?))
    }

    /// A map of what was found.
    pub(super) async fn map_of(&self, filter: &Filter, page: PageId, mut found: Found) -> Result<SealedMap, ReadError> {
        found.places.retain(|(place, _)| place.level < 3);
        let of_page = |(place, sums): &(HeldPlace, Sums)| {
            let counts = place.kind == Kind::Page && place.layer == Layer::View;
            if counts { sums.views } else { 0 }
        };
        let views = found.places.iter().map(of_page).sum();
        let cells = found.places.iter().filter(|(place, _)| place.kind == Kind::Grid);
        Ok(SealedMap {
            sums: MapSums {
                views,
                cells: known(cells.map(|(place, sums)| cell(place, sums)))?,
                elements: self.elements_of_found(filter, page, &found).await?,
            },
            sealed: found.sealed,
            unsealed: found.unsealed,
        })
    }

    /// The positions inside elements of what was found.
    pub(super) async fn elements_of_found(
        &self,
        filter: &Filter,
        page: PageId,
        found: &Found,
    ) -> Result<Vec<ElementSum>, ReadError> {
        let inside = |(place, _): &&(HeldPlace, Sums)| place.kind >= Kind::Eighth && place.level < 3;
        let positions: Vec<&(HeldPlace, Sums)> = found.places.iter().filter(inside).collect();
        // Those of an element lie together.
        let mut anchors: Vec<u64> = positions.iter().map(|(place, _)| place.anchor).collect();
        anchors.dedup();
        let texts = self.texts_held(filter, page, anchors).await?;
        let of_element = |positions: &[&(HeldPlace, Sums)]| {
            let text = texts.get(&positions[0].0.anchor).cloned().flatten();
            known(
                positions
                    .iter()
                    .map(|(place, sums)| position(place, sums, text.clone())),
            )
        };
        let mut sums = Vec::with_capacity(positions.len());
        for positions in positions.chunk_by(|(one, _), (other, _)| one.anchor == other.anchor) {
            sums.extend(of_element(positions)?);
        }
        Ok(sums)
    }

    /// The published texts of anchors of a page: those that are held, and those that are not from the store.
    async fn texts_held(
        &self,
        filter: &Filter,
        page: PageId,
        mut anchors: Vec<u64>,
    ) -> Result<Arc<KnownTexts>, ReadError> {
        let Some((memory, _, versions)) = self.remembered(filter) else {
            return Ok(Arc::default());
        };
        let key = (filter.site.as_str().to_owned(), page.0);
        let mut texts = memory.texts(&key, &versions);
        anchors.retain(|anchor| !texts.contains_key(anchor));
        if !anchors.is_empty() {
            let found = self.texts(filter, anchors.iter().copied()).await?;
            let all = Arc::make_mut(&mut texts);
            all.extend(anchors.iter().map(|anchor| (*anchor, found.get(anchor).cloned())));
            memory.keep_texts(&key, &versions, texts.clone());
        }
        Ok(texts)
    }
}

fn cell(place: &HeldPlace, sums: &Sums) -> Option<CellSum> {
    Some(CellSum {
        layer: place.layer,
        cell: Cell::new(place.x, place.y)?,
        level: place.level,
        n: sums.n,
        views: sums.views,
        views_32: sums.views_32,
        views_64: sums.views_64,
    })
}

fn position(place: &HeldPlace, sums: &Sums, anchor: Option<Arc<str>>) -> Option<ElementSum> {
    Some(ElementSum {
        layer: place.layer,
        anchor,
        anchor_id: place.anchor,
        sub: SubCell::new(unit(place.kind as i8), place.x, place.y)?,
        level: place.level,
        n: sums.n,
        views: sums.views,
        views_element: sums.views_element,
    })
}
