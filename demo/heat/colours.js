// One colour table: even steps of lightness, so that equal steps of heat look equal, and the same order in grey and to
// colour-blind eyes. Computed in Oklab (Björn Ottosson, 2020), from deep blue over magenta and orange to pale yellow.

const STEPS = 256;
/** Heat 0 and heat 1: lightness, chroma, hue in degrees. The hue runs upwards through 360. */
const COLD = { light: 0.32, chroma: 0.13, hue: 280 };
const HOT = { light: 0.97, chroma: 0.11, hue: 465 };
/** Chroma added in the middle, where the sRGB gamut is wide. */
const BELLY = 0.11;

/** Linear sRGB of an Oklab colour, each channel meant to be 0 to 1. @returns {[number, number, number]} */
function linear(light, a, b) {
  const l = (light + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (light - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (light - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ];
}

const encoded = (value) => Math.round(255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055));

/** The colour at `heat` (0 to 1). Chroma gives way where the screen cannot show it; lightness never does. */
function colour(heat) {
  const light = COLD.light + (HOT.light - COLD.light) * heat;
  const hue = ((COLD.hue + (HOT.hue - COLD.hue) * heat) * Math.PI) / 180;
  let chroma = COLD.chroma + (HOT.chroma - COLD.chroma) * heat + BELLY * Math.sin(Math.PI * heat);
  for (;;) {
    const rgb = linear(light, chroma * Math.cos(hue), chroma * Math.sin(hue));
    if (rgb.every((value) => value >= -0.0005 && value <= 1.0005)) return rgb.map((value) => encoded(Math.min(1, Math.max(0, value))));
    chroma -= 0.002;
  }
}

/** 256 colours, red, green and blue of each in a row. */
export const TABLE = Uint8Array.from(Array.from({ length: STEPS }, (_, step) => colour(step / (STEPS - 1))).flat());

/** @param {number} heat 0 to 1 @returns {string} */
export function css(heat) {
  const at = 3 * Math.round(Math.min(1, Math.max(0, heat)) * (STEPS - 1));
  return `rgb(${TABLE[at]} ${TABLE[at + 1]} ${TABLE[at + 2]})`;
}
