// Pages that do what a script does not expect: parts that go while they are measured, names that stand for something else,
// answers that are no mutation. Each was wrong once.

import Ajv from "ajv/dist/2020.js";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hide, inpage, launch, page, schemas, serve } from "./lib.mjs";

const HASH_TAG = `<script defer src="/isotherm.js" data-site="acme" data-hash-routes></script>`;
const tall = (px, inside = "") => `<div style="height:${px}px">${inside}</div>`;

const PAGES = {
  "/inner": page(`<div id="app" style="height:100vh;overflow:auto">${tall(3000)}</div><button id="buy" style="position:fixed;top:9px;left:9px">Buy</button>`),
  "/field": page(`<form id="book"><input name="adults"><input name="children"><button type="button">Search</button></form>`),
  "/": page(`<a id="more" href="#features">More</a>${tall(300, `<h2 id="features">Features</h2>`)}`, HASH_TAG),
  "/global": page(`<button id="buy">Buy</button><script>var navigation = { open: 1 }</script>`),
  "/quirks": page(`<style>html,body{height:100%;overflow:auto}</style><button id="buy">Buy</button>`).replace("<!doctype html>", ""),
  "/answers": page(`<style>*{font:16px sans-serif}</style><div id="editor" contenteditable style="height:60px">Some words</div>
    <button id="opens" popovertarget="menu">Menu</button><div id="menu" popover>Menu</div><p id="words">Many words that can be marked</p><p id="still">Nothing</p>`),
  "/named": page(`<section data-isotherm="hero" style="height:100px"></section><section data-isotherm="aside" style="position:absolute;left:5000px;top:0;width:90px;height:90px"></section>`),
  "/moving": page(`<button id="buy">Buy</button>${tall(3000)}`),
  "/list": page(`<main><article class="card"><a class="more" href="#">More</a></article><article class="card"><a class="more" href="#">More</a></article><article class="card"><a class="more" href="#">More</a></article></main>`),
};

let server;
let browser;
let fits;

before(async () => {
  server = await serve(PAGES);
  browser = await launch();
  fits = new Ajv({ strict: false, formats: { uint8: true, uint16: true } }).compile(schemas("beacon.v1.json"));
});
after(async () => {
  await browser.close();
  await server.close();
});

/** What a page sends after `act`, each beacon as the schema wants it. Its clock stands until a test moves it. */
async function sent(path, act) {
  server.forget();
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 } });
  const errors = [];
  context.on("weberror", (error) => errors.push(error.error().message));
  await context.clock.install();
  const tab = await context.newPage();
  await tab.goto(`${server.origin}${path}`);
  await tab.clock.pauseAt(Date.now() + 3_600_000);
  await act(tab);
  await hide(tab);
  await server.until((all) => all.some(({ view }) => view) && all.length === server.posts().length);
  await context.close();
  assert.deepEqual(errors, []);
  const beacons = server.whole();
  for (const beacon of beacons) assert.ok(fits(beacon), JSON.stringify([beacon, fits.errors]));
  return beacons;
}

const layers = (beacons, layer) => beacons.flatMap(({ places }) => places).filter((place) => place.layer === layer);
const anchors = (beacons, layer) => layers(beacons, layer).map(({ anchor }) => anchor);

for (const [what, change] of Object.entries({
  "is drawn anew": () => (document.body.firstElementChild.outerHTML = `<p>Something else</p>`),
  "is hidden": () => (document.getElementById("app").style.display = "none"),
})) {
  test(`what happens after the page's inner scroller ${what} is told`, async () => {
    const beacons = await sent("/inner", async (tab) => {
      await tab.clock.runFor(1_200);
      await tab.evaluate(change);
      await tab.clock.runFor(2_000);
      await tab.click("#buy");
    });
    assert.deepEqual(anchors(beacons, "click"), ["#buy"]);
    // What is left does not scroll, and is seen whole when somebody looks again.
    assert.deepEqual(beacons.map(({ scroll }) => scroll), [1, 100]);
  });
}

test("a form's field called children takes no anchor away", async () => {
  const beacons = await sent("/field", (tab) => tab.click("button"));
  assert.deepEqual(anchors(beacons, "click"), ['button[type="button"]']);
});

test("a fragment that is no route is the page's own, also with data-hash-routes", async () => {
  const beacons = await sent("/", async (tab) => {
    await tab.click("#more");
    await tab.click("h2");
  });
  assert.deepEqual([...new Set(beacons.map(({ path }) => path))], ["/"]);
  assert.equal(beacons.filter(({ view }) => view).length, 1);
});

test("a page's own `navigation` breaks neither the script nor what it promises", async () => {
  const beacons = await sent("/global", async (tab) => {
    await tab.clock.runFor(1_200);
    await tab.click("#buy");
    await tab.evaluate(() => (window.isotherm.optOut(), window.isotherm.optIn()));
  });
  assert.deepEqual(anchors(beacons, "click"), [], "what was unsent at the opt-out is dropped");
  assert.equal(beacons.length, 2);
});

test("a page in quirks mode whose body scrolls by itself is measured", async () => {
  const beacons = await sent("/quirks", (tab) => tab.click("#buy"));
  assert.deepEqual(anchors(beacons, "click"), ["#buy"]);
});

test("a place to write, what opens by its attribute, and text that was marked are no dead clicks", async () => {
  const beacons = await sent("/answers", async (tab) => {
    await tab.click("#editor");
    await tab.click("#opens");
    await tab.keyboard.press("Escape");
    await tab.clock.runFor(6_000);
    await tab.click("#still");
    await tab.clock.runFor(6_000);
    const box = await tab.locator("#words").boundingBox();
    await tab.mouse.move(box.x + 5, box.y + 8);
    await tab.mouse.down();
    await tab.mouse.move(box.x + 120, box.y + 8, { steps: 5 });
    await tab.mouse.up();
    await tab.clock.runFor(6_000);
  });
  assert.deepEqual(anchors(beacons, "click").sort(), ["#editor", "#opens", "#still", "#words"]);
  assert.deepEqual(anchors(beacons, "dead"), ["#still"]);
});

test("what lies beside the window is not exposed, and what is drawn anew is exposed once", async () => {
  const beacons = await sent("/named", async (tab) => {
    for (let again = 0; again < 5; again++) {
      await tab.clock.runFor(11_000);
      await tab.evaluate(() => (document.querySelector("section").outerHTML += ""));
      await hide(tab);
    }
  });
  assert.deepEqual(layers(beacons, "exposure").map(({ anchor, n }) => [anchor, n]), [[`[data-isotherm="hero"]`, 1]]);
});

test("a page that changes its own address is not a visitor's attention", async () => {
  const beacons = await sent("/moving", async (tab) => {
    for (let again = 0; again < 30; again++) {
      await tab.evaluate((at) => history.replaceState({}, "", `?t=${at}`), again);
      await tab.clock.runFor(3_000);
    }
  });
  const seconds = layers(beacons, "attention").filter(({ cell }) => cell[1] === 0).reduce((sum, { n }) => sum + n, 0);
  assert.ok(seconds >= 28 && seconds <= 31, `${seconds} s`);
});

test("what one of a list was called finds no other one when the list is shorter", async () => {
  const tab = await browser.newPage();
  await tab.goto(`${server.origin}/list`);
  await tab.evaluate(await inpage());
  const found = await tab.evaluate(() => {
    const { anchor, resolve } = window.parts;
    const all = [...document.querySelectorAll("a")];
    const anchors = all.map(anchor);
    const whole = anchors.map((one) => all.indexOf(resolve(one)));
    document.querySelectorAll("article").forEach((one, at) => at && one.remove());
    return [whole, anchors.map((one) => all.indexOf(resolve(one)))];
  });
  assert.deepEqual(found, [[0, 1, 2], [0, -1, -1]]);
  await tab.close();
});

test("classes that say a state are no names", async () => {
  const tab = await browser.newPage();
  await tab.goto(`${server.origin}/list`);
  await tab.evaluate(await inpage());
  const anchors = await tab.evaluate(() => {
    document.body.innerHTML = ["on", "swiper-slide-next", "ng-invalid", "aos-animate", "is-dirty", "card"].map((name) => `<b class="${name}"></b><i></i>`).join("");
    return [...document.querySelectorAll("b")].map(window.parts.anchor);
  });
  assert.deepEqual(anchors, ["b:nth-of-type(1)", "b:nth-of-type(2)", "b:nth-of-type(3)", "b:nth-of-type(4)", "b:nth-of-type(5)", "b.card"]);
  await tab.close();
});

test("nothing is left out without an error where a page has nothing to leave out", async () => {
  await sent("/moving", (tab) => tab.evaluate(() => window.isotherm.ignore(document.querySelector("#gone"))));
});
