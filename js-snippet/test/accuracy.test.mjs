// Accuracy: random real clicks at one width, heat drawn at three others. The truth is the element under the driver's
// pointer, taken by the driver and known by a mark of its own, and the pointer's position in it.

import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inpage, launch, serve } from "./lib.mjs";
import { html, TYPES } from "./types-of-pages.mjs";

const WIDTH = 1280;
const OTHER_WIDTHS = [390, 820, 1680];
const HEIGHT = 800;
const CLICKS = Number(process.env.ISOTHERM_CLICKS || 12);
const SEED = Number(process.env.ISOTHERM_SEED || 20261121);

const TAG = `<script defer src="/isotherm.js" data-site="acme"></script>`;

let server;
let browser;
let parts;
const sums = { clicks: 0, drawn: 0, wrong: [], off: [], grid: 0, gridOff: [], named: 0, unnamed: 0 };

before(async () => {
  console.log(`seed ${SEED}, ${CLICKS} clicks on each of ${TYPES.length} page types`);
  const pages = {};
  TYPES.forEach((type, index) => {
    const named = index % 2 === 0;
    const tagged = html(type, named, TAG);
    pages[`/${index}`] = type[3]?.frame ? `<!doctype html><body style="margin:0"><iframe src="/${index}-in" style="border:0;width:100%;height:90vh;display:block"></iframe>` : tagged;
    pages[`/${index}-in`] = tagged;
    pages[`/${index}-bare`] = html(type, named, "");
  });
  server = await serve(pages);
  browser = await launch();
  parts = await inpage();
});
after(async () => {
  await browser.close();
  await server.close();
});

function random(seed) {
  return (most) => {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    return Math.floor((seed / 2 ** 32) * most);
  };
}

// In the page: what lies under a point, by mark, and where in it the point is.
const LOOK = `(([x, y]) => {
  let found = document.elementFromPoint(x, y);
  while (found?.shadowRoot?.elementFromPoint(x, y) && found.shadowRoot.elementFromPoint(x, y) !== found) found = found.shadowRoot.elementFromPoint(x, y);
  while (found && !found.dataset.k && found !== document.body && found !== document.documentElement) found = found.parentElement ?? found.getRootNode().host;
  if (!found) return null;
  const box = found.getBoundingClientRect();
  const inner = window.innerOne && window.innerOne.contains(found) ? window.innerOne : { scrollLeft: 0, scrollTop: 0 };
  // Where the element itself was scrolled, its content counts. (The document's own box moves with it.)
  const own = found === document.documentElement ? { scrollLeft: 0, scrollTop: 0 } : found;
  return { key: found.dataset.k ?? found.localName, dx: x - box.left + own.scrollLeft, dy: y - box.top + own.scrollTop, width: box.width, height: box.height, pageX: x + scrollX + inner.scrollLeft, pageY: y + scrollY + inner.scrollTop };
})`;

// Clicks at random and gives, for each, the truth and the place that was reported.
async function record(index, below) {
  const [, , , { inner, frame } = {}] = TYPES[index];
  const context = await browser.newContext({ viewport: { width: WIDTH, height: HEIGHT } });
  await context.addInitScript(() => {
    window.sent = [];
    Navigator.prototype.sendBeacon = (_, body) => window.sent.push(JSON.parse(body)) > 0;
  });
  const tab = await context.newPage();
  await tab.goto(`${server.origin}/${index}`);
  const where = frame ? tab.frames().find((one) => one.url().endsWith("-in")) : tab.mainFrame();
  await where.evaluate((selector) => (window.innerOne = selector && document.querySelector(selector)), inner ?? null);
  const clicks = [];
  for (let click = 0; click < CLICKS; click++) {
    const part = below(1000) / 1000;
    const point = [below(WIDTH - 60) + 30, below(HEIGHT * (frame ? 0.85 : 1) - 10) + 5];
    const truth = await where.evaluate(`(async () => {
      const scroller = window.innerOne || document.scrollingElement;
      scroller.scrollTo({ top: ${part} * (scroller.scrollHeight - scroller.clientHeight), behavior: "instant" });
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      return ${LOOK}(${JSON.stringify(point)});
    })()`);
    await tab.mouse.click(...point);
    const place = await where.evaluate(() => {
      dispatchEvent(new Event("pagehide"));
      return window.sent.splice(0).flatMap(({ places }) => places).find(({ layer }) => layer === "click");
    });
    if (truth) clicks.push({ truth, place });
  }
  await context.close();
  return clicks;
}

// Draws the places at a width and gives, for each, the mark of the element and where in it the heat is, in its parts.
async function draw(tab, index, width, clicks) {
  await tab.setViewportSize({ width, height: HEIGHT });
  await tab.goto(`${server.origin}/${index}-bare`);
  await tab.evaluate(parts);
  return tab.evaluate(
    async ([places, follow]) => {
      const all = (root) => [...root.querySelectorAll("*")].flatMap((one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
      const keyOf = (one) => one.dataset.k ?? one.localName;
      const drawn = [];
      for (const [key, { anchor, sub, unit }] of places) {
        // Rows of a virtual list are there when they are scrolled to.
        const row = follow && Number(/\d+/.exec(key)?.[0]);
        if (row) {
          scrollTo({ top: Math.max(0, row * 40 - 100), behavior: "instant" });
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        }
        const real = all(document).find((one) => keyOf(one) === key);
        const spot = anchor && window.parts.locate(anchor, sub, unit);
        if (!real || real.getClientRects().length === 0) drawn.push("gone");
        else if (!spot) drawn.push({ key: "none" });
        else {
          const box = spot.element.getBoundingClientRect();
          drawn.push({ key: keyOf(spot.element), x: spot.left + spot.width / 2 - box.left, y: spot.top + spot.height / 2 - box.top, width: box.width, height: box.height });
        }
      }
      return drawn;
    },
    [clicks.map(({ truth, place }) => [truth.key, place]), TYPES[index][3]?.follow],
  );
}

// How far heat is from the truth, in sub-cells.
function distance({ truth, place }, spot) {
  const of = place.unit === "px16" ? [16, 16, 16, 16] : [truth.width / 8, truth.height / 8, spot.width / 8, spot.height / 8];
  return Math.max(Math.abs(Math.floor(truth.dx / of[0]) - Math.floor(spot.x / of[2])), Math.abs(Math.floor(truth.dy / of[1]) - Math.floor(spot.y / of[3])));
}

describe("page types", { concurrency: 6 }, () =>
  TYPES.forEach(([name], index) => test(`${name}${index % 2 ? ", nothing named" : ""}`, async () => {
    const clicks = await record(index, random(SEED + index));
    const wrong = [];
    for (const { truth, place } of clicks) {
      assert.ok(place, `no place for a click on ${truth.key}`);
      sums.clicks++;
      sums.grid++;
      const [x, y] = place.cell;
      const off = Math.max(Math.abs(x - Math.max(0, Math.floor(truth.pageX / 16))), Math.abs(y - Math.floor(truth.pageY / 16)));
      if (off > 1) sums.gridOff.push([name, truth, place.cell]);
    }
    const tab = await browser.newPage();
    for (const width of OTHER_WIDTHS) {
      const drawn = await draw(tab, index, width, clicks);
      drawn.forEach((spot, which) => {
        if (spot === "gone") return;
        sums.drawn++;
        sums[index % 2 ? "unnamed" : "named"]++;
        if (spot.key !== clicks[which].truth.key) wrong.push(`at ${width}: ${clicks[which].truth.key} drawn on ${spot.key} by ${clicks[which].place.anchor}`);
        else if (distance(clicks[which], spot) > 1) sums.off.push(`${name} at ${width}: ${JSON.stringify(clicks[which])} ${JSON.stringify(spot)}`);
      });
    }
    await tab.close();
    sums.wrong.push(...wrong);
    assert.deepEqual(wrong, []);
  })),
);

test("the right element in 100 %, within one sub-cell 99 %, within one cell of the grid 100 %", () => {
  console.log(`${sums.clicks} clicks, ${sums.drawn} drawn (${sums.unnamed} on pages that name nothing): ${sums.wrong.length} on a wrong element, ${sums.off.length} off by more than a sub-cell; grid: ${sums.gridOff.length} off`);
  assert.deepEqual(sums.wrong, []);
  assert.ok(sums.off.length <= sums.drawn / 100, sums.off.join("\n"));
  assert.deepEqual(sums.gridOff, []);
  assert.ok(sums.drawn > 3 * sums.clicks * 0.6, "most elements are there at other widths, too");
  assert.ok(TYPES.length >= 20);
});
