//! The picture: outlines of countries, the darker the more page views, and in words what it says.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::LazyLock;

use isotherm_core::Country;
use isotherm_core::gate::Shown;
use isotherm_core::reading::Marginal;
use serde::Deserialize;

use crate::date;

/// Outlines of countries as SVG paths, by code; the same that the dashboard draws.
const WORLD: &str = include_str!("../../../../dashboard/assets/world.json");
/// Countries that the full picture names, the largest first.
const NAMED: usize = 6;
/// Height of the words below the full map, in the map's units.
const WORDS_HEIGHT: u32 = 700;
/// Land without colour, to be seen on white and on black.
const LAND: &str = "#76767a";
/// The colour of page views; how much of it, says the opacity.
const HEAT: &str = "#b9369a";
/// Parts of the largest country's page views from which on a country is so opaque.
const OPACITIES: [(u64, &str); 5] = [(2, "1"), (4, ".8"), (10, ".6"), (30, ".45"), (u64::MAX, ".3")];

/// How large it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Size {
    /// 800 px wide, with words.
    Full,
    /// 200 px wide, the map alone.
    Badge,
}

#[derive(Deserialize)]
struct World {
    width: u32,
    height: u32,
    outlines: BTreeMap<String, String>,
}

/// The picture of what the gate shows.
pub(super) fn picture(shown: &Shown<Vec<Marginal<Country>>>, size: Size) -> String {
    // The file is part of the build, and a test reads it.
    static MAP: LazyLock<World> = LazyLock::new(|| serde_json::from_str(WORLD).expect("the outlines of countries"));
    let sums = shown.get();
    let most = sums.iter().map(|sum| sum.views).max().unwrap_or(0);
    let words = words(shown);
    let (px, height) = match size {
        Size::Full => (800_u64, MAP.height + WORDS_HEIGHT),
        Size::Badge => (200, MAP.height),
    };
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" width="{px}" height="{}" viewBox="0 0 {} {height}" role="img"><title>{words}</title>"#,
        px * u64::from(height) / u64::from(MAP.width),
        MAP.width,
    );
    for (code, outline) in &MAP.outlines {
        let views = sums
            .iter()
            .find(|sum| sum.key.as_str() == code)
            .map_or(0, |sum| sum.views);
        let (fill, opacity) = if views > 0 {
            (HEAT, opacity(views, most))
        } else {
            (LAND, ".25")
        };
        put(
            &mut svg,
            format_args!(r#"<path d="{outline}" fill="{fill}" fill-opacity="{opacity}"/>"#),
        );
    }
    if size == Size::Full {
        let y = MAP.height + WORDS_HEIGHT / 2;
        put(
            &mut svg,
            format_args!(
                r#"<text x="100" y="{y}" font-family="system-ui,sans-serif" font-size="190" fill="{LAND}">{words}</text>"#
            ),
        );
    }
    svg.push_str("</svg>");
    svg
}

/// What the picture says. Country codes and numbers only.
fn words(shown: &Shown<Vec<Marginal<Country>>>) -> String {
    let named = shown.get().iter().filter(|sum| sum.key != Country::UNKNOWN);
    let named: Vec<String> = named
        .take(NAMED)
        .map(|sum| format!("{} {}", sum.key.as_str(), sum.views))
        .collect();
    if named.is_empty() {
        return "Page views by country: not enough yet".to_owned();
    }
    let (from, to) = (date::text(shown.from()), date::text(shown.to()));
    format!("Page views by country, {from} to {to}: {}", named.join(", "))
}

fn opacity(views: u64, most: u64) -> &'static str {
    let step = OPACITIES.iter().find(|(part, _)| views.saturating_mul(*part) >= most);
    step.map_or(".3", |(_, opacity)| opacity)
}

fn put(svg: &mut String, text: std::fmt::Arguments<'_>) {
    // A string takes whatever is written.
    svg.write_fmt(text).expect("a string is written");
}
