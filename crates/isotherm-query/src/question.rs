//! From the text of a request to a question that can be asked: parsed once, here, and refused by the parameter's name.

use actix_web::web::Query;
use isotherm_core::path::PagePath;
use isotherm_core::place::{CELL_Y_MAX, Layer};
use isotherm_core::reading::Filter;
use isotherm_core::{Country, Day, IdKey, PageId, SiteKey, ViewportClass};

use crate::date;
use crate::media::Media;
use crate::problem::Problem;

/// Most parameters that a request may have; more are refused. Every answer has fewer.
const PARAMETERS_MAX: usize = 16;
/// The layers of a question that names none: all that people do with pages.
const LAYERS_DEFAULT: [Layer; 2] = [Layer::Click, Layer::Tap];

/// Furthest down that a picture may begin, px: no cell lies below.
pub(crate) const TOP_MAX_PX: u32 = (CELL_Y_MAX as u32 + 1) * 16;

/// What can be asked of a site.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Endpoint {
    /// The pages.
    Pages,
    /// Where a page is clicked and tapped.
    Heatmap,
    /// How deep a page is seen.
    Scroll,
    /// What page views do with each element of a page.
    Elements,
    /// The elements of a page in two periods, or of two variants of it.
    Compare,
    /// From which countries.
    Countries,
    /// In which viewport classes.
    Viewports,
    /// On which days.
    Timeseries,
    /// What arrived lately.
    Status,
}

/// A page by its path and its id.
pub(crate) type Page = (PagePath, PageId);

/// A question that can be asked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Question {
    /// Site, window and what it is narrowed to.
    pub(crate) filter: Filter,
    /// What about them.
    pub(crate) asked: Asked,
    /// Where a picture begins, in page pixels.
    pub(crate) top_px: u32,
}

/// What is asked, with what it needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Asked {
    Pages,
    /// The layers are at least one, each once.
    Heatmap(Page, Vec<Layer>),
    Scroll(Page),
    Elements(Page),
    /// The page, what is compared of it, and the filter of the second; the question's own is that of the first. Either two
    /// periods without a common day, or two variants, which share no page view.
    Compare(PagePath, [Page; 2], Filter),
    Countries(Option<Page>),
    Viewports(Option<Page>),
    Timeseries(Option<Page>),
    Status,
}

/// What a question is read with.
pub(crate) struct Setting<'a> {
    /// What is asked.
    pub(crate) endpoint: Endpoint,
    /// The site that the login opened.
    pub(crate) site: SiteKey,
    /// Today (UTC).
    pub(crate) today: Day,
    /// The key of page ids.
    pub(crate) id_key: &'a IdKey,
}

/// The parameters as they were sent: text, each at most once.
#[derive(Default)]
struct Raw {
    from: Option<String>,
    to: Option<String>,
    viewport: Option<String>,
    country: Option<String>,
    sealed: Option<String>,
    page: Option<String>,
    layer: Option<String>,
    top: Option<String>,
    from_a: Option<String>,
    to_a: Option<String>,
    from_b: Option<String>,
    to_b: Option<String>,
    variants: Option<String>,
}

impl Endpoint {
    /// All of them.
    pub(crate) const ALL: [Endpoint; 9] = [
        Endpoint::Pages,
        Endpoint::Heatmap,
        Endpoint::Scroll,
        Endpoint::Elements,
        Endpoint::Compare,
        Endpoint::Countries,
        Endpoint::Viewports,
        Endpoint::Timeseries,
        Endpoint::Status,
    ];

    /// The endpoint of a path segment.
    pub(crate) fn parse(name: &str) -> Option<Endpoint> {
        Endpoint::ALL.into_iter().find(|endpoint| endpoint.name() == name)
    }

    /// The path segment.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Endpoint::Pages => "pages",
            Endpoint::Heatmap => "heatmap",
            Endpoint::Scroll => "scroll",
            Endpoint::Elements => "elements",
            Endpoint::Compare => "compare",
            Endpoint::Countries => "countries",
            Endpoint::Viewports => "viewports",
            Endpoint::Timeseries => "timeseries",
            Endpoint::Status => "status",
        }
    }

    /// The media types of its answers, the usual one first.
    pub(crate) const fn offers(self) -> &'static [Media] {
        match self {
            Endpoint::Heatmap => &[Media::Json, Media::Csv, Media::Png, Media::Arrow, Media::Cells],
            _ => &[Media::Json, Media::Csv, Media::Arrow],
        }
    }

    /// Whether it has a parameter of this name.
    pub(crate) fn takes(self, parameter: &str) -> bool {
        match parameter {
            "from" | "to" => self != Endpoint::Status,
            "from_a" | "to_a" | "from_b" | "to_b" | "variants" => self == Endpoint::Compare,
            "viewport" | "country" | "sealed" => self != Endpoint::Status,
            "page" => !matches!(self, Endpoint::Pages | Endpoint::Status),
            "layer" | "top" => self == Endpoint::Heatmap,
            _ => false,
        }
    }

    /// Whether nothing is answered without the parameter.
    pub(crate) fn needs(self, parameter: &str) -> bool {
        match parameter {
            "page" => matches!(
                self,
                Endpoint::Heatmap | Endpoint::Scroll | Endpoint::Elements | Endpoint::Compare
            ),
            _ => false,
        }
    }
}

impl Question {
    /// Reads the query part of a request.
    ///
    /// # Errors
    /// `Problem::Parameter` for the first parameter that is unknown here, doubled, missing or out of range.
    pub(crate) fn parse(query: &str, setting: Setting<'_>) -> Result<Question, Problem> {
        let raw = Raw::read(query, setting.endpoint)?;
        let (from, to) = match setting.endpoint {
            Endpoint::Compare if raw.variants.is_none() => {
                refuse("from", &raw.from)?;
                refuse("to", &raw.to)?;
                period(("from_a", &raw.from_a), ("to_a", &raw.to_a))?
            }
            _ => window(&raw, setting.today)?,
        };
        let viewport = raw.viewport.as_deref().map(viewport).transpose()?;
        let country = raw.country.as_deref().map(country).transpose()?;
        let sealed_only = sealed_only(raw.sealed.as_deref())?;
        let filter = Filter {
            site: setting.site.clone(),
            from,
            to,
            viewport,
            country,
            sealed_only,
        };
        let asked = Asked::read(&raw, &setting, &filter)?;
        let top_px = raw.top.as_deref().map_or(Ok(0), top)?;
        Ok(Question { filter, asked, top_px })
    }
}

impl Asked {
    fn read(raw: &Raw, setting: &Setting<'_>, filter: &Filter) -> Result<Asked, Problem> {
        let some_page = || raw.page.as_deref().map(|text| page(text, setting)).transpose();
        let needed_page =
            || some_page()?.ok_or_else(|| Problem::parameter("page", "is needed: the path of a page, e.g. `/`"));
        Ok(match setting.endpoint {
            Endpoint::Pages => Asked::Pages,
            Endpoint::Heatmap => {
                let layers = raw.layer.as_deref().map_or(Ok(LAYERS_DEFAULT.to_vec()), layers)?;
                Asked::Heatmap(needed_page()?, layers)
            }
            Endpoint::Scroll => Asked::Scroll(needed_page()?),
            Endpoint::Elements => Asked::Elements(needed_page()?),
            Endpoint::Compare => compared(raw, needed_page()?, setting, filter)?,
            Endpoint::Countries => Asked::Countries(some_page()?),
            Endpoint::Viewports => Asked::Viewports(some_page()?),
            Endpoint::Timeseries => Asked::Timeseries(some_page()?),
            Endpoint::Status => Asked::Status,
        })
    }
}

impl Raw {
    fn read(query: &str, endpoint: Endpoint) -> Result<Raw, Problem> {
        let unreadable = |_| Problem::parameter("query", "is not a list of `name=value`");
        let pairs = Query::<Vec<(String, String)>>::from_query(query)
            .map_err(unreadable)?
            .into_inner();
        if pairs.len() > PARAMETERS_MAX {
            return Err(Problem::parameter(
                "query",
                format!("has more than {PARAMETERS_MAX} parameters"),
            ));
        }
        let mut raw = Raw::default();
        for (name, value) in pairs {
            let slot = raw.slot(&name).filter(|_| endpoint.takes(&name));
            let Some(slot) = slot else {
                return Err(Problem::parameter(
                    &name,
                    format!("is not a parameter of `{}`", endpoint.name()),
                ));
            };
            if slot.replace(value).is_some() {
                return Err(Problem::parameter(&name, "stands more than once"));
            }
        }
        Ok(raw)
    }

    fn slot(&mut self, name: &str) -> Option<&mut Option<String>> {
        match name {
            "from" => Some(&mut self.from),
            "to" => Some(&mut self.to),
            "viewport" => Some(&mut self.viewport),
            "country" => Some(&mut self.country),
            "sealed" => Some(&mut self.sealed),
            "page" => Some(&mut self.page),
            "layer" => Some(&mut self.layer),
            "top" => Some(&mut self.top),
            "from_a" => Some(&mut self.from_a),
            "to_a" => Some(&mut self.to_a),
            "from_b" => Some(&mut self.from_b),
            "to_b" => Some(&mut self.to_b),
            "variants" => Some(&mut self.variants),
            _ => None,
        }
    }
}

fn day(name: &str, text: &str) -> Result<Day, Problem> {
    date::parse(text).ok_or_else(|| Problem::parameter(name, "is not a day of the form YYYY-MM-DD from 1970 on"))
}

type Named<'a> = (&'static str, &'a Option<String>);

/// A period whose ends must both be named.
fn period(from: Named<'_>, to: Named<'_>) -> Result<(Day, Day), Problem> {
    let needed = |(name, text): Named<'_>| {
        let text = text.as_deref();
        text.map_or_else(
            || Err(Problem::parameter(name, "is needed: a day")),
            |text| day(name, text),
        )
    };
    in_order(from.0, (needed(from)?, needed(to)?), to.0)
}

/// What is compared: two variants where they are named, else two periods.
fn compared(raw: &Raw, whole: Page, setting: &Setting<'_>, filter: &Filter) -> Result<Asked, Problem> {
    let Some(names) = &raw.variants else {
        let second = second_period(raw, filter)?;
        return Ok(Asked::Compare(whole.0.clone(), [whole.clone(), whole], second));
    };
    let periods = [&raw.from_a, &raw.to_a, &raw.from_b, &raw.to_b];
    for (name, given) in ["from_a", "to_a", "from_b", "to_b"].into_iter().zip(periods) {
        refuse(name, given)?;
    }
    let fault = || {
        Problem::parameter(
            "variants",
            "is not two different ones of `a` to `h` and `none`, with a comma",
        )
    };
    let (one, other) = names
        .split_once(',')
        .filter(|(one, other)| one != other)
        .ok_or_else(fault)?;
    let of = |name: &str| match name.as_bytes() {
        b"none" => Some(whole.clone()),
        // As the script writes it: a page of its own.
        [b'a'..=b'h'] => page(&format!("{};{name}", whole.0.as_str()), setting).ok(),
        _ => None,
    };
    let (one, other) = of(one).zip(of(other)).ok_or_else(fault)?;
    Ok(Asked::Compare(whole.0.clone(), [one, other], filter.clone()))
}

/// Two variants are compared over one window, two periods have their own.
fn refuse(name: &'static str, given: &Option<String>) -> Result<(), Problem> {
    match given {
        None => Ok(()),
        Some(_) => Err(Problem::parameter(
            name,
            "does not go together: with `variants` say `from` and `to`, without them `from_a`, `to_a`, `from_b` and `to_b`",
        )),
    }
}

/// The second period of a comparison. The interval of a difference holds for page views that are not the same.
fn second_period(raw: &Raw, first: &Filter) -> Result<Filter, Problem> {
    let (from, to) = period(("from_b", &raw.from_b), ("to_b", &raw.to_b))?;
    if from <= first.to && first.from <= to {
        return Err(Problem::parameter(
            "from_b",
            "begins a period that shares days with the first",
        ));
    }
    Ok(Filter {
        from,
        to,
        ..first.clone()
    })
}

fn in_order(from_name: &str, (from, to): (Day, Day), to_name: &str) -> Result<(Day, Day), Problem> {
    if from > to {
        let fault = format!("{} is after `{to_name}`, which is {}", date::text(from), date::text(to));
        return Err(Problem::parameter(from_name, fault));
    }
    Ok((from, to))
}

fn window(raw: &Raw, today: Day) -> Result<(Day, Day), Problem> {
    let to = raw.to.as_deref().map_or(Ok(today), |text| day("to", text))?;
    let from = match raw.from.as_deref() {
        Some(text) => day("from", text)?,
        None => date::first_of_last_month(today),
    };
    in_order("from", (from, to), "to")
}

fn page(text: &str, setting: &Setting<'_>) -> Result<Page, Problem> {
    let path = PagePath::normalise(text).map_err(|error| Problem::parameter("page", error.to_string()))?;
    let id = setting.id_key.page(&setting.site, &path);
    Ok((path, id))
}

fn viewport(text: &str) -> Result<ViewportClass, Problem> {
    ViewportClass::parse(text).ok_or_else(|| {
        let names = ViewportClass::ALL.map(ViewportClass::name).join(", ");
        Problem::parameter("viewport", format!("is not one of {names}"))
    })
}

fn country(text: &str) -> Result<Country, Problem> {
    Country::parse(text).ok_or_else(|| Problem::parameter("country", "is not two capital letters of ISO 3166-1"))
}

fn sealed_only(text: Option<&str>) -> Result<bool, Problem> {
    match text {
        None => Ok(false),
        Some("only") => Ok(true),
        Some(_) => Err(Problem::parameter("sealed", "can only be `only`")),
    }
}

/// A height on the page, px. A page has no cell further down.
fn top(text: &str) -> Result<u32, Problem> {
    let px = text.parse().ok().filter(|px| *px <= TOP_MAX_PX);
    px.ok_or_else(|| Problem::parameter("top", format!("is not a whole number of px from 0 to {TOP_MAX_PX}")))
}

fn layers(text: &str) -> Result<Vec<Layer>, Problem> {
    let mut layers = Vec::new();
    for name in text.split(',') {
        let layer = Layer::parse(name).filter(|layer| layer.has_map());
        let Some(layer) = layer else {
            return Err(Problem::parameter(
                "layer",
                "is not `click`, `tap`, `click,tap`, `rage`, `dead`, `swipe`, `first` or `exposure`",
            ));
        };
        if layers.contains(&layer) {
            return Err(Problem::parameter("layer", format!("names `{}` twice", layer.name())));
        }
        layers.push(layer);
    }
    // A rage click is a click: their counts must not be added.
    if layers.len() > 1 && !layers.iter().all(|layer| layer.adds_up()) {
        return Err(Problem::parameter("layer", "joins layers that do not add up"));
    }
    layers.sort_unstable();
    Ok(layers)
}
