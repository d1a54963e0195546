// Makes assets/world.json: the outline of each country as an SVG path, by its ISO 3166-1 code. The map of the dashboard and
// the country widget of the binary are both drawn from it. Outlines: Natural Earth, 1:110 m (public domain), by way of the
// package world-atlas.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { geoNaturalEarth1, geoPath } from "d3-geo";
import codes from "i18n-iso-countries";
import { feature } from "topojson-client";

/** The map's size in its own units; a unit is a twelfth of a pixel on a screen 800 px wide, finer than the outlines are. */
const WIDTH = 9600;
const HEIGHT = 4700;

/** Territories that Natural Earth draws apart and ISO 3166-1 does not list; they are drawn with the country that ISO names. */
const WITHOUT_CODE = { Kosovo: "XK", "N. Cyprus": "CY", Somaliland: "SO" };

export function world() {
  const atlas = JSON.parse(readFileSync(new URL("../node_modules/world-atlas/countries-110m.json", import.meta.url)));
  const { features } = feature(atlas, atlas.objects.countries);
  const shown = features.filter((country) => country.properties.name !== "Antarctica");
  const projection = geoNaturalEarth1().fitSize([WIDTH, HEIGHT], { type: "FeatureCollection", features: shown });
  const path = (country) => relative(geoPath(projection)(country));
  const outlines = {};
  for (const country of shown) {
    const code = WITHOUT_CODE[country.properties.name] ?? codes.numericToAlpha2(country.id);
    if (!code) throw new Error(`no code for ${country.properties.name}`);
    outlines[code] = (outlines[code] ?? "") + path(country);
  }
  const sorted = Object.fromEntries(Object.entries(outlines).sort(([one], [other]) => (one < other ? -1 : 1)));
  return `${JSON.stringify({ width: WIDTH, height: HEIGHT, outlines: sorted }, null, 0).replaceAll('","', '",\n"')}\n`;
}

/** The same path in whole units and relative steps, which is half as long. */
function relative(path) {
  const rings = path.split("M").slice(1);
  return rings.map(ring).join("");
}

function ring(text) {
  const points = text.replace("Z", "").split("L").map((pair) => pair.split(",").map(Math.round));
  const [first, ...others] = points;
  let [x, y] = first;
  let steps = "";
  for (const [toX, toY] of others) {
    if (toX === x && toY === y) continue;
    steps += `${steps && toX >= x ? " " : ""}${toX - x}${toY >= y ? " " : ""}${toY - y}`;
    [x, y] = [toX, toY];
  }
  // A ring without area has nothing to show.
  return steps ? `M${first[0]} ${first[1]}l${steps}Z` : "";
}

if (process.argv[1]?.endsWith("world.mjs")) {
  mkdirSync(new URL("../assets/", import.meta.url), { recursive: true });
  writeFileSync(new URL("../assets/world.json", import.meta.url), world());
}
