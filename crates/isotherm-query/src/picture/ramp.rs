//! The colours of heat: from deep indigo over rose and orange to pale yellow.
//!
//! The ramp runs through six colours of our own in OKLab (Björn Ottosson, "A perceptual color space for image
//! processing", 2020) and is sampled at equal distances there, so that equal steps of heat look equally far apart. Its
//! lightness only rises: it can be read in grey and by people who do not tell red from green. A test measures both.

use std::sync::LazyLock;

/// Palette index of a pixel without heat.
pub(super) const CLEAR: u8 = 0;
/// Levels of heat: palette indices 1 to this.
pub(super) const LEVELS: u8 = 250;
/// Palette index of the legend's letters.
pub(super) const INK: u8 = 255;

/// The colours the ramp runs through, as sRGB.
const STATIONS: [[u8; 3]; 6] = [
    [0x2a, 0x1e, 0x7d],
    [0x6d, 0x2a, 0xa8],
    [0xb9, 0x36, 0x9a],
    [0xee, 0x5a, 0x63],
    [0xfb, 0x9d, 0x45],
    [0xfd, 0xec, 0x9a],
];
/// Grey that can be read on white and on black: contrast 4.5 to 1 and more on either.
const INK_COLOUR: [u8; 3] = [0x76, 0x76, 0x78];
/// Opacity of the hottest places: a little of the page stays visible.
const OPACITY_MAX: f32 = 0.94;
/// The part of the ramp over which heat fades in from nothing.
const FADE: f32 = 0.30;
/// Points at which the curve is measured before it is divided evenly.
const CURVE_POINTS: usize = 2_048;

/// A colour in OKLab: lightness, green to red, blue to yellow.
type Lab = [f32; 3];

/// The palette: 256 sRGB colours, and their opacities.
pub(super) fn palette() -> (&'static [u8], &'static [u8]) {
    static PALETTE: LazyLock<(Vec<u8>, Vec<u8>)> = LazyLock::new(make);
    (&PALETTE.0, &PALETTE.1)
}

fn make() -> (Vec<u8>, Vec<u8>) {
    let mut colours = vec![[0; 3]; 256];
    let mut opacity = vec![0; 256];
    for (level, lab) in (1..=LEVELS).zip(even_ramp(usize::from(LEVELS))) {
        colours[usize::from(level)] = srgb(lab);
        opacity[usize::from(level)] = (fade(f32::from(level) / f32::from(LEVELS)) * 255.0).round() as u8;
    }
    colours[usize::from(INK)] = INK_COLOUR;
    opacity[usize::from(INK)] = u8::MAX;
    (colours.concat(), opacity)
}

/// Opacity of a heat from 0 to 1: rises smoothly, then stays.
fn fade(heat: f32) -> f32 {
    let at = (heat / FADE).min(1.0);
    OPACITY_MAX * at * at * (3.0 - 2.0 * at)
}

/// So many colours along the curve through the stations, at equal distances in OKLab.
fn even_ramp(levels: usize) -> Vec<Lab> {
    let curve: Vec<Lab> = (0..=CURVE_POINTS)
        .map(|at| on_curve(at as f32 / CURVE_POINTS as f32))
        .collect();
    let mut ways = vec![0.0];
    for pair in curve.windows(2) {
        ways.push(ways[ways.len() - 1] + distance(pair[0], pair[1]));
    }
    let whole = ways[CURVE_POINTS];
    let at_level = |level: usize| {
        let way = whole * level as f32 / (levels - 1) as f32;
        curve[ways.partition_point(|reached| *reached < way).min(CURVE_POINTS)]
    };
    (0..levels).map(at_level).collect()
}

/// A Catmull-Rom spline through the stations, 0 to 1; it has no corners, which the eye would see as bands.
fn on_curve(at: f32) -> Lab {
    let spans = STATIONS.len() - 1;
    let position = at * spans as f32;
    let span = (position as usize).min(spans - 1);
    let t = position - span as f32;
    let station = |index: usize| oklab(STATIONS[index.min(spans)]);
    let (one, two) = (station(span), station(span + 1));
    // Beyond either end the curve goes on straight.
    let mirrored = |end: Lab, inner: Lab| std::array::from_fn(|axis| 2.0 * end[axis] - inner[axis]);
    let before = if span == 0 {
        mirrored(one, two)
    } else {
        station(span - 1)
    };
    let after = if span + 1 == spans {
        mirrored(two, one)
    } else {
        station(span + 2)
    };
    std::array::from_fn(|axis| {
        let (p0, p1, p2, p3): (f32, f32, f32, f32) = (before[axis], one[axis], two[axis], after[axis]);
        let linear = p2 - p0;
        let square = 2.0 * p0 - 5.0 * p1 + 4.0 * p2 - p3;
        let cubic = 3.0 * (p1 - p2) + p3 - p0;
        0.5 * (2.0 * p1 + t * (linear + t * (square + t * cubic)))
    })
}

fn distance(one: Lab, other: Lab) -> f32 {
    (0..3).map(|axis| (one[axis] - other[axis]).powi(2)).sum::<f32>().sqrt()
}

fn oklab(colour: [u8; 3]) -> Lab {
    lab_of_linear(colour.map(linear))
}

fn lab_of_linear([r, g, b]: [f32; 3]) -> Lab {
    let long = (0.412_221_47 * r + 0.536_332_5 * g + 0.051_445_995 * b).cbrt();
    let medium = (0.211_903_5 * r + 0.680_699_5 * g + 0.107_396_96 * b).cbrt();
    let short = (0.088_302_46 * r + 0.281_718_85 * g + 0.629_978_7 * b).cbrt();
    [
        0.210_454_26 * long + 0.793_617_8 * medium - 0.004_072_047 * short,
        1.977_998_5 * long - 2.428_592_2 * medium + 0.450_593_7 * short,
        0.025_904_037 * long + 0.782_771_77 * medium - 0.808_675_77 * short,
    ]
}

fn srgb([lightness, a, b]: Lab) -> [u8; 3] {
    let long = (lightness + 0.396_337_78 * a + 0.215_803_76 * b).powi(3);
    let medium = (lightness - 0.105_561_346 * a - 0.063_854_17 * b).powi(3);
    let short = (lightness - 0.089_484_18 * a - 1.291_485_5 * b).powi(3);
    [
        4.076_741_7 * long - 3.307_711_6 * medium + 0.230_969_94 * short,
        -1.268_438 * long + 2.609_757_4 * medium - 0.341_319_38 * short,
        -0.004_196_086_3 * long - 0.703_418_6 * medium + 1.707_614_7 * short,
    ]
    .map(encoded)
}

/// The transfer function of sRGB (IEC 61966-2-1), both ways.
fn linear(channel: u8) -> f32 {
    let value = f32::from(channel) / 255.0;
    if value <= 0.040_45 {
        value / 12.92
    } else {
        ((value + 0.055) / 1.055).powf(2.4)
    }
}

fn encoded(value: f32) -> u8 {
    let value = if value <= 0.003_130_8 {
        12.92 * value
    } else {
        1.055 * value.powf(1.0 / 2.4) - 0.055
    };
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    fn levels() -> Vec<[u8; 3]> {
        let (colours, _) = palette();
        let all: Vec<[u8; 3]> = colours.chunks_exact(3).map(|c| [c[0], c[1], c[2]]).collect();
        all[1..=usize::from(LEVELS)].to_vec()
    }

    #[test]
    fn colours_are_read_back() {
        for colour in STATIONS.into_iter().chain([[0; 3], [255; 3], [1, 128, 254]]) {
            assert_eq!(srgb(oklab(colour)), colour);
        }
        let [lightness, a, b] = oklab([255; 3]);
        assert!((lightness - 1.0).abs() < 1e-3 && a.abs() < 1e-3 && b.abs() < 1e-3);
    }

    /// The dashboard and the overlay paint with the same colours: this file is theirs. `UPDATE_EXPECT=1` writes it.
    #[test]
    fn canvases_paint_with_these_colours() {
        let (colours, opacity) = palette();
        let rgba = |level: usize| {
            let [r, g, b] = [0, 1, 2].map(|channel| colours[3 * level + channel]);
            format!("{r:02x}{g:02x}{b:02x}{:02x}", opacity[level])
        };
        let all: Vec<String> = (0..=usize::from(LEVELS)).map(rgba).collect();
        let text = serde_json::json!({ "rgba": all }).to_string();
        expect_test::expect_file!["../../../../schemas/heat-palette.json"].assert_eq(&(text + "\n"));
    }

    #[test]
    fn lightness_only_rises() {
        let exact: Vec<f32> = even_ramp(usize::from(LEVELS)).into_iter().map(|lab| lab[0]).collect();
        assert!(exact.windows(2).all(|pair| pair[0] < pair[1]));
        // As stored a step is about one unit of 8 bits, so rounding may hold a step back, but not two.
        let stored: Vec<f32> = levels().into_iter().map(|colour| oklab(colour)[0]).collect();
        assert!(stored.windows(3).all(|three| three[0] < three[2]));
        assert!(exact[usize::from(LEVELS) - 1] - exact[0] > 0.5, "{exact:?}");
    }

    #[test]
    fn equal_steps_look_equal() {
        let sampled: Vec<Lab> = levels().into_iter().step_by(10).map(oklab).collect();
        let steps: Vec<f32> = sampled.windows(2).map(|pair| distance(pair[0], pair[1])).collect();
        let (least, most) = steps
            .iter()
            .fold((f32::MAX, 0.0_f32), |(least, most), s| (least.min(*s), most.max(*s)));
        assert!(most / least < 1.25, "steps from {least} to {most}");
    }

    #[test]
    fn who_does_not_tell_red_from_green_sees_every_tenth_of_the_ramp() {
        // F. Viénot, H. Brettel, J. D. Mollon: Digital video colourmaps for checking the legibility of displays by
        // dichromats, 1999; for linear sRGB.
        let protan = [
            [0.112_38, 0.887_62, 0.0],
            [0.112_38, 0.887_62, 0.0],
            [0.004_01, -0.004_01, 1.0],
        ];
        let deutan = [
            [0.292_75, 0.707_25, 0.0],
            [0.292_75, 0.707_25, 0.0],
            [-0.022_34, 0.022_34, 1.0],
        ];
        for matrix in [protan, deutan] {
            let seen = |colour: [u8; 3]| {
                let rgb = colour.map(linear);
                let mixed: [f32; 3] =
                    matrix.map(|row: [f32; 3]| row.iter().zip(rgb).map(|(factor, value)| factor * value).sum());
                lab_of_linear(mixed)
            };
            let tenths: Vec<Lab> = levels().into_iter().step_by(25).map(seen).collect();
            for (at, pair) in tenths.windows(2).enumerate() {
                assert!(pair[0][0] < pair[1][0], "lightness falls at tenth {at}");
                assert!(
                    distance(pair[0], pair[1]) > 0.03,
                    "tenth {at} is not told from the next"
                );
            }
        }
    }

    #[test]
    fn heat_fades_in_and_never_out() {
        let (_, opacity) = palette();
        let heat = &opacity[..=usize::from(LEVELS)];
        assert_eq!(heat[usize::from(CLEAR)], 0);
        assert!(heat.windows(2).all(|pair| pair[0] <= pair[1]));
        assert_eq!(heat[usize::from(LEVELS)], 240);
    }
}
