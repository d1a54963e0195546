//! Answers about pages that are held in memory.

use std::sync::Arc;

use isotherm_core::day::Day;
use isotherm_core::held::{Found, HeldPlace, Sums};
use isotherm_core::ids::PageId;
use isotherm_core::place::{Cell, Layer, SubCell};
use isotherm_core::reading::{CellSum, ElementSum, Filter, MapSums, ReadError, SealedMap};
use isotherm_core::row::Kind;

use super::memory::{KnownTexts, Memory};
use super::rows::unit;
use super::state::{State, Versions};
use super::{ClickHouseReader, known};

impl ClickHouseReader {
    /// What is held of a page, for a question by day in these layers; `None` where the store must be asked.
    pub(super) async fn find(
        &self,
        filter: &Filter,
        page: PageId,
        layers: &[Layer],
    ) -> Result<Option<Found>, ReadError> {
        let Some((memory, state, versions)) = self.remembered(filter) else {
            return Ok(None);
        };
        let site = filter.site.as_str();
        let Some(Some(sealed)) = memory.sealed(site, page, &versions) else {
            return Ok(None);
        };
        let mut found = sealed.find(filter, layers);
        if state.is_live && !filter.sealed_only {
            let live = match memory.live(site, page, &versions) {
                Some(held) => held,
                None => {
                    let held = self.read_live(&filter.site, page).await?;
                    memory.keep_live((site.to_owned(), page.0), &versions, held.clone());
                    held
                }
            };
            let Some(live) = live else { return Ok(None) };
            found = found + live.find(filter, layers);
        }
        found.sealed.newest = state.seals.newest().map(Day);
        Ok(Some(found))
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
    async fn elements_of_found(
        &self,
        filter: &Filter,
        page: PageId,
        found: &Found,
    ) -> Result<Vec<ElementSum>, ReadError> {
        let inside = |(place, _): &&(HeldPlace, Sums)| place.kind >= Kind::Eighth && place.level < 3;
        let positions: Vec<&(HeldPlace, Sums)> = found.places.iter().filter(inside).collect();
        let texts = self
            .texts_held(filter, page, positions.iter().map(|(place, _)| place.anchor))
            .await?;
        known(positions.into_iter().map(|(place, sums)| position(place, sums, &texts)))
    }

    /// The published texts of anchors of a page: those that are held, and those that are not from the store.
    async fn texts_held(
        &self,
        filter: &Filter,
        page: PageId,
        anchors: impl Iterator<Item = u64>,
    ) -> Result<Arc<KnownTexts>, ReadError> {
        let Some((memory, _, versions)) = self.remembered(filter) else {
            return Ok(Arc::default());
        };
        let site = filter.site.as_str();
        let mut texts = memory.texts(site, page, &versions);
        let missing: Vec<u64> = anchors.filter(|anchor| !texts.contains_key(anchor)).collect();
        if !missing.is_empty() {
            let found = self.texts(filter, missing.iter().copied()).await?;
            let all = Arc::make_mut(&mut texts);
            all.extend(missing.iter().map(|anchor| (*anchor, found.get(anchor).cloned())));
            memory.keep_texts((site.to_owned(), page.0), &versions, texts.clone());
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

fn position(place: &HeldPlace, sums: &Sums, texts: &KnownTexts) -> Option<ElementSum> {
    Some(ElementSum {
        layer: place.layer,
        anchor: texts.get(&place.anchor).cloned().flatten(),
        anchor_id: place.anchor,
        sub: SubCell::new(unit(place.kind as i8), place.x, place.y)?,
        level: place.level,
        n: sums.n,
        views: sums.views,
        views_element: sums.views_element,
    })
}
