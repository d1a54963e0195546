//! The sealed tables in memory, made by the real cohort rule, and a reader of them that writes down which page views each
//! answer counts.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use isotherm_core::cohort::{CountryViews, Fate, GroupDay, OTHER, joins_unknown, month_of, months_closed_before, plan};
use isotherm_core::place::{Cell, Layer};
use isotherm_core::reading::{
    BandSum, CellSum, CountReader, DepthSums, ElementSum, Filter, Marginal, PageSum, Reading, Sealed,
};
use isotherm_core::{Country, Day, PageId, ViewportClass};

/// What is done wrong on purpose.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Mistake {
    /// Late page views join the cohort of their day that is there already.
    CohortGrows,
    /// A window takes the page views of its days out of cohorts that reach beyond it.
    WindowCuts,
    /// What waits is part of answers about cohorts.
    WaitingShows,
    /// Small countries do not join `ZZ` when their month ends.
    SmallCountry,
}

/// A page view. It clicks once.
#[derive(Clone, Copy)]
pub(super) struct View {
    pub(super) page: PageId,
    pub(super) class: ViewportClass,
    pub(super) day: u16,
    pub(super) landing: u16,
    pub(super) country: Country,
}

/// Page, code of the class.
type Group = (PageId, u8);
/// A page view that is counted, with the days, country and group under which it is kept.
type Counted = (usize, (Day, Day), Country, Group);

struct Cohort {
    group: Group,
    first: u16,
    last: u16,
    members: Vec<usize>,
}

struct InMonth {
    group: Group,
    month: Day,
    country: Country,
    members: Vec<usize>,
}

/// Which page views each answer counted, by table.
#[derive(Default)]
pub(super) struct Asked {
    pub(super) days: BTreeSet<Vec<usize>>,
    pub(super) countries: BTreeSet<Vec<usize>>,
}

#[derive(Default)]
struct State {
    days: Vec<Cohort>,
    waiting: Vec<(Group, usize)>,
    pending: Vec<(Day, Group, usize)>,
    countries: Vec<InMonth>,
    newest: Option<u16>,
    asked: Asked,
    /// What the last question counted.
    last: Vec<usize>,
}

pub(super) struct Model {
    pub(super) views: Vec<View>,
    mistake: Option<Mistake>,
    state: Mutex<State>,
}

impl Model {
    pub(super) fn new(views: Vec<View>, mistake: Option<Mistake>) -> Model {
        Model {
            views,
            mistake,
            state: Mutex::default(),
        }
    }

    fn with<T>(&self, look: impl FnOnce(&mut State) -> T) -> T {
        look(&mut self.state.lock().expect("no test panics while it looks"))
    }

    pub(super) fn asked(&self) -> Asked {
        self.with(|state| std::mem::take(&mut state.asked))
    }

    pub(super) fn last(&self) -> usize {
        self.with(|state| state.last.len())
    }

    /// Seals a landing.
    pub(super) fn seal(&self, landing: u16) {
        self.with(|state| {
            let new: Vec<usize> = (0..self.views.len())
                .filter(|at| self.views[*at].landing == landing)
                .collect();
            self.make_cohorts(state, landing, new);
            state.newest = Some(landing);
            self.end_months(state, months_closed_before(Day(landing)));
        });
    }

    fn make_cohorts(&self, state: &mut State, landing: u16, mut new: Vec<usize>) {
        if self.mistake == Some(Mistake::CohortGrows) {
            new.retain(|at| {
                let view = self.views[*at];
                let same = |c: &&mut Cohort| c.group == group(&view) && (c.first, c.last) == (view.day, view.day);
                match state.days.iter_mut().find(same) {
                    Some(cohort) => cohort.members.push(*at),
                    None => return true,
                }
                false
            });
        }
        let mut groups: BTreeMap<(Group, u16, bool), u64> = BTreeMap::new();
        for at in &new {
            *groups
                .entry((group(&self.views[*at]), self.views[*at].day, false))
                .or_default() += 1;
        }
        for (group, at) in &state.waiting {
            *groups.entry((*group, self.views[*at].day, true)).or_default() += 1;
        }
        let day = |(((page, viewport), day, waiting), views): (&(Group, u16, bool), &u64)| GroupDay {
            site: 0,
            page: *page,
            viewport: *viewport,
            day: Day(*day),
            waiting: *waiting,
            views: *views,
        };
        let waited = std::mem::take(&mut state.waiting);
        let mut made: BTreeMap<(Group, Day, Day), Vec<usize>> = BTreeMap::new();
        for decision in plan(Day(landing), &groups.iter().map(day).collect::<Vec<_>>()) {
            let from = (decision.page, decision.viewport);
            let rows: Vec<usize> = match decision.day {
                Some(day) => {
                    let of = |at: &usize| group(&self.views[*at]) == from && self.views[*at].day == day.0;
                    new.iter().copied().filter(of).collect()
                }
                None => waited
                    .iter()
                    .filter(|(group, _)| *group == from)
                    .map(|(_, at)| *at)
                    .collect(),
            };
            let to = if decision.other { OTHER } else { from };
            match decision.fate {
                Fate::Cohort { first, last } => made.entry((to, first, last)).or_default().extend(rows),
                Fate::Waits => state.waiting.extend(rows.into_iter().map(|at| (to, at))),
                Fate::Deleted => {}
            }
        }
        for ((group, first, last), members) in made {
            state
                .pending
                .extend(members.iter().map(|at| (month_of(Day(landing)), group, *at)));
            state.days.push(Cohort {
                group,
                first: first.0,
                last: last.0,
                members,
            });
        }
    }

    fn end_months(&self, state: &mut State, closed_before: Day) {
        let (ended, pending) = std::mem::take(&mut state.pending)
            .into_iter()
            .partition(|(month, ..)| *month < closed_before);
        state.pending = pending;
        let mut rows: BTreeMap<(Group, Day, Country), Vec<usize>> = BTreeMap::new();
        let ended: Vec<(Day, Group, usize)> = ended;
        for (month, group, at) in ended {
            rows.entry((group, month, self.views[at].country)).or_default().push(at);
        }
        let sizes = rows.iter().map(|((group, month, country), members)| CountryViews {
            site: 0,
            page: group.0,
            viewport: group.1,
            month: *month,
            views: members.len() as u64,
            country: *country,
        });
        let joins = joins_unknown(&sizes.collect::<Vec<_>>());
        let mut published: BTreeMap<(Group, Day, Country), Vec<usize>> = BTreeMap::new();
        for ((group, month, country), members) in rows {
            let joins = joins
                .iter()
                .any(|c| ((c.page, c.viewport), c.month, c.country) == (group, month, country));
            let joins = joins && self.mistake != Some(Mistake::SmallCountry);
            let named = if joins { Country::UNKNOWN } else { country };
            published.entry((group, month, named)).or_default().extend(members);
        }
        state
            .countries
            .extend(published.into_iter().map(|((group, month, country), members)| InMonth {
                group,
                month,
                country,
                members,
            }));
    }

    /// Erases a page of a month: its cohorts as a whole, in both tables, and what waits of it.
    pub(super) fn erase(&self, page: PageId, month: Day) {
        self.with(|state| {
            let gone = |day: u16| month_of(Day(day)) == month;
            state
                .days
                .retain(|c| c.group.0 != page || !(gone(c.first) || gone(c.last)));
            state.countries.retain(|c| c.group.0 != page || c.month != month);
            state
                .waiting
                .retain(|(group, at)| group.0 != page || !gone(self.views[*at].day));
        });
    }

    /// The page views that a question about cohorts counts, each with the day and the country under which it is kept.
    fn counted(&self, filter: &Filter, page: Option<PageId>, by_country: bool) -> Vec<Counted> {
        assert!(filter.sealed_only, "only questions about cohorts are asked here");
        let (from, to) = (filter.from.0, filter.to.0);
        let wanted = |group: &Group| {
            page.is_none_or(|page| page == group.0) && filter.viewport.is_none_or(|class| class.code() == group.1)
        };
        self.with(|state| {
            let mut counted = Vec::new();
            if by_country {
                let newest = state.newest.unwrap_or(0);
                for row in state.countries.iter().filter(|row| wanted(&row.group)) {
                    let last = Day(month_of(Day(row.month.0 + 31)).0 - 1);
                    let inside = row.month.0 >= from && last.0 <= to.min(newest);
                    if inside && filter.country.is_none_or(|country| country == row.country) {
                        counted.extend(
                            row.members
                                .iter()
                                .map(|at| (*at, (row.month, last), row.country, row.group)),
                        );
                    }
                }
                return counted;
            }
            for cohort in state.days.iter().filter(|cohort| wanted(&cohort.group)) {
                let days = (Day(cohort.first), Day(cohort.last));
                let whole = cohort.first >= from && cohort.last <= to;
                let cuts = self.mistake == Some(Mistake::WindowCuts);
                let members = cohort
                    .members
                    .iter()
                    .filter(|at| whole || (cuts && (from..=to).contains(&self.views[**at].day)));
                counted.extend(members.map(|at| (*at, days, Country::UNKNOWN, cohort.group)));
            }
            if self.mistake == Some(Mistake::WaitingShows) {
                let day = |at: usize| Day(self.views[at].day);
                let inside = |at: usize| (from..=to).contains(&day(at).0);
                let waiting = state.waiting.iter().filter(|(group, at)| wanted(group) && inside(*at));
                counted.extend(waiting.map(|(group, at)| (*at, (day(*at), day(*at)), Country::UNKNOWN, *group)));
            }
            counted
        })
    }

    /// Writes down what is counted under each key, and gives the sums.
    fn sums<K: Ord>(
        &self,
        filter: &Filter,
        page: Option<PageId>,
        by_country: bool,
        key: impl Fn(&Counted) -> Option<K>,
    ) -> Vec<(K, u64)> {
        let mut sums: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for row in self.counted(filter, page, by_country) {
            if let Some(key) = key(&row) {
                sums.entry(key).or_default().push(row.0);
            }
        }
        self.with(|state| {
            let table = if by_country {
                &mut state.asked.countries
            } else {
                &mut state.asked.days
            };
            for members in sums.values_mut() {
                members.sort_unstable();
                table.insert(members.clone());
            }
            state.last = sums.values().flatten().copied().collect();
        });
        sums.into_iter()
            .map(|(key, members)| (key, members.len() as u64))
            .collect()
    }

    fn marginal<'a, K: Ord + Send + 'a>(&self, sums: Vec<(K, u64)>) -> Reading<'a, Vec<Marginal<K>>> {
        let marginal = |(key, views)| Marginal {
            key,
            views,
            clicks: views,
        };
        answer(sums.into_iter().map(marginal).collect())
    }
}

fn group(view: &View) -> Group {
    (view.page, view.class.code())
}

fn answer<'a, T: Send + 'a>(answer: T) -> Reading<'a, T> {
    Box::pin(async move { Ok(answer) })
}

impl CountReader for Model {
    fn sealed<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> Reading<'a, Sealed> {
        let (from, to) = (filter.from.0, filter.to.0);
        answer(self.with(|state| {
            let mut sealed = Sealed {
                newest: state.newest.map(Day),
                ..Sealed::default()
            };
            for cohort in &state.days {
                let of_page = page.is_none_or(|page| page == cohort.group.0);
                let of_class = filter.viewport.is_none_or(|class| class.code() == cohort.group.1);
                if !of_page || !of_class || cohort.last < from || cohort.first > to {
                    continue;
                }
                sealed.cut_before |= cohort.first < from;
                sealed.cut_after |= cohort.last > to;
                if cohort.first >= from && cohort.last <= to {
                    let (first, last) = sealed.inside.unwrap_or((Day(cohort.first), Day(cohort.last)));
                    sealed.inside = Some((first.min(Day(cohort.first)), last.max(Day(cohort.last))));
                }
            }
            sealed
        }))
    }

    fn pages<'a>(&'a self, filter: &'a Filter) -> Reading<'a, Vec<PageSum>> {
        let sums = self.sums(filter, None, filter.country.is_some(), |row| Some(row.3.0));
        let page = |(page, views): (PageId, u64)| PageSum {
            page,
            path: format!("/{}", page.0),
            views,
        };
        answer(sums.into_iter().map(page).collect())
    }

    fn page_views<'a>(&'a self, filter: &'a Filter, page: PageId) -> Reading<'a, u64> {
        let sums = self.sums(filter, Some(page), filter.country.is_some(), |_| Some(()));
        answer(sums.first().map_or(0, |(_, views)| *views))
    }

    fn cells<'a>(&'a self, filter: &'a Filter, page: PageId, _: &'a [Layer]) -> Reading<'a, Vec<CellSum>> {
        let sums = self.sums(filter, Some(page), filter.country.is_some(), |_| Some(()));
        let cell = |(_, views)| CellSum {
            layer: Layer::Click,
            cell: Cell { y: 0, x: 0 },
            level: 0,
            n: views,
            views,
            views_32: views,
            views_64: views,
        };
        answer(sums.into_iter().map(cell).collect())
    }

    fn cells_of<'a>(&'a self, _: &'a Filter, _: &'a [PageId]) -> Reading<'a, Vec<(PageId, CellSum)>> {
        answer(Vec::new())
    }

    fn elements<'a>(&'a self, _: &'a Filter, _: PageId, _: &'a [Layer]) -> Reading<'a, Vec<ElementSum>> {
        answer(Vec::new())
    }

    fn elements_of<'a>(&'a self, _: &'a Filter, _: &'a [PageId]) -> Reading<'a, Vec<(PageId, ElementSum)>> {
        answer(Vec::new())
    }

    fn depths<'a>(&'a self, filter: &'a Filter, page: PageId) -> Reading<'a, DepthSums> {
        let sums = self.sums(filter, Some(page), filter.country.is_some(), |_| Some(()));
        answer(DepthSums {
            reach: sums.iter().map(|(_, views)| (1, *views)).collect(),
            folds: Vec::new(),
            bands: sums
                .iter()
                .map(|(_, views)| BandSum {
                    band: 0,
                    seconds: *views,
                    views: *views,
                })
                .collect(),
        })
    }

    fn countries<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> Reading<'a, Vec<Marginal<Country>>> {
        self.marginal(self.sums(filter, page, true, |row| Some(row.2)))
    }

    fn viewports<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> Reading<'a, Vec<Marginal<ViewportClass>>> {
        let class = |row: &Counted| ViewportClass::from_code(row.3.1);
        self.marginal(self.sums(filter, page, filter.country.is_some(), class))
    }

    fn timeseries<'a>(&'a self, filter: &'a Filter, page: Option<PageId>) -> Reading<'a, Vec<Marginal<(Day, Day)>>> {
        self.marginal(self.sums(filter, page, filter.country.is_some(), |row| Some(row.1)))
    }
}
