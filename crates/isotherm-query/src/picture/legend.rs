//! The strip below the map: what colour stands for little and for much.

use super::ramp::{INK, LEVELS};

/// Letters are 5 by 7 dots, drawn with dots of 2 by 2 px.
const DOT_PX: usize = 2;
/// From one letter to the next, in px.
const ADVANCE_PX: usize = 6 * DOT_PX;
/// Height of a letter in px.
const LETTER_PX: usize = 7 * DOT_PX;
/// Left edge of the strip's content, in px.
const LEFT_PX: usize = 16;
/// Top edge of the strip's content below the map, in px.
const TOP_PX: usize = 16;
/// The bar is so wide, or as wide as the picture leaves room for.
const BAR_WIDTH_PX: usize = 180;
/// Between words and bar, in px.
const GAP_PX: usize = 10;

/// A letter as seven rows of five dots, the leftmost dot the highest of the five bits.
type Glyph = [u8; 7];

const LOW: [Glyph; 3] = [LETTER_L, LETTER_O, LETTER_W];
const HIGH: [Glyph; 4] = [LETTER_H, LETTER_I, LETTER_G, LETTER_H];
const LETTER_L: Glyph = [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111];
const LETTER_O: Glyph = [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110];
const LETTER_W: Glyph = [0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b11011, 0b10001];
const LETTER_H: Glyph = [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001];
const LETTER_I: Glyph = [0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110];
const LETTER_G: Glyph = [0b01110, 0b10001, 0b10000, 0b10111, 0b10001, 0b10001, 0b01110];

/// Draws "low", the ramp, and "high" below the map.
pub(super) fn draw(pixels: &mut [u8], width_px: usize, map_height_px: usize) {
    let top = map_height_px + TOP_PX;
    let words_px = (LOW.len() + HIGH.len()) * ADVANCE_PX + 2 * (LEFT_PX + GAP_PX);
    let bar_width_px = width_px.saturating_sub(words_px).min(BAR_WIDTH_PX);
    let bar_left = LEFT_PX + LOW.len() * ADVANCE_PX + GAP_PX;
    let mut dot = |x: usize, y: usize, index: u8| {
        if x < width_px
            && let Some(pixel) = pixels.get_mut(y * width_px + x)
        {
            *pixel = index;
        }
    };
    word(&LOW, (LEFT_PX, top), &mut dot);
    word(&HIGH, (bar_left + bar_width_px + GAP_PX, top), &mut dot);
    for x in 0..bar_width_px {
        let level = 1 + x * usize::from(LEVELS - 1) / bar_width_px.max(2).saturating_sub(1);
        for y in 0..LETTER_PX {
            // A level is at most `LEVELS`, which fits.
            dot(bar_left + x, top + y, level.min(usize::from(LEVELS)) as u8);
        }
    }
}

fn word(glyphs: &[Glyph], (left, top): (usize, usize), dot: &mut impl FnMut(usize, usize, u8)) {
    for (at, glyph) in glyphs.iter().enumerate() {
        for y in 0..LETTER_PX {
            for x in 0..5 * DOT_PX {
                if glyph[y / DOT_PX] & (0b10000 >> (x / DOT_PX)) != 0 {
                    dot(left + at * ADVANCE_PX + x, top + y, INK);
                }
            }
        }
    }
}
