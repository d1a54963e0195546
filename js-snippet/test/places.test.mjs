// Clicks and taps: which place they are counted at, how often, and for the first time at which levels.

import Ajv from "ajv/dist/2020.js";
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hide, launch, page, patient, schemas, scrollTo, serve } from "./lib.mjs";

const box = (left, top, width, height) => `style="position:absolute;left:${left}px;top:${top}px;width:${width}px;height:${height}px;margin:0;padding:0;box-sizing:border-box"`;

// 3000 px high. Cells of 16 px; the button's box is [400, 256] to [560, 296].
const SHOP = page(`<main style="position:relative;height:3000px">
  <button id="buy" ${box(400, 256, 160, 40)}><span>Buy</span></button>
  <a href="#" onclick="return false" id="far" ${box(64, 2000, 96, 32)}>Far</a>
  <section id="panel" ${box(0, 400, 700, 600)}></section>
  <div data-isotherm-ignore ${box(800, 0, 200, 200)}><button id="unseen">No</button></div>
  <button id="left" ${box(1000, 0, 80, 40)}>No</button>
  <label ${box(1100, 0, 100, 40)}>Size <input id="size" type="checkbox" style="margin-left:60px"></label>
  <input id="mail" type="email" ${box(1100, 100, 160, 32)}>
</main>`);

let server;
let browser;

before(async () => {
  server = await serve({
    "*": SHOP,
    "/many": page(`<main style="height:4000px">${`<p>text</p>`.repeat(4)}</main>`),
    "/app": page(`<header style="height:100px">Top</header><div id="scroller" style="height:800px;overflow:auto"><div style="height:3200px;position:relative"><button id="deep" ${box(160, 1600, 80, 40)}>Deep</button></div></div>`),
    "/shadow": page(`<shop-card id="card" style="display:block"></shop-card><script>document.getElementById("card").attachShadow({mode:"open"}).innerHTML='<button id="add" style="position:absolute;left:160px;top:160px;width:80px;height:40px">Add</button>'</script>`),
  });
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.close();
});

// Opens a page, acts on it, and gives the beacons that it sent on being hidden.
async function beaconsOf(path, act, options = { viewport: { width: 1440, height: 900 } }, count = 1) {
  server.forget();
  const context = await browser.newContext(options);
  await patient(context);
  const tab = await context.newPage();
  await tab.goto(server.origin + path);
  await act(tab);
  await hide(tab);
  const beacons = await server.received(count);
  await context.close();
  assert.equal(server.posts().length, count);
  return beacons;
}

const placesOf = async (path, act, options) => (await beaconsOf(path, act, options))[0].places;

test("a click at a known place is exactly this beacon", async () => {
  const [beacon] = await beaconsOf("/p?secret=1#part", (tab) => tab.mouse.click(480, 276));
  assert.deepEqual(beacon, {
    v: 1,
    site: "acme",
    path: "/p",
    w: 1440,
    touch: false,
    h: 900,
    view: true,
    scroll: 30,
    scrolled: 0,
    places: [{ layer: "click", cell: [30, 17], anchor: "#buy", sub: [4, 4], n: 1, first: 31 }],
  });
  assert.match(server.posts()[0].type, /^text\/plain/);
  assert.equal(server.posts()[0].path, "/v1/collect");
});

test("a tap is counted once, as a tap", async () => {
  const [beacon] = await beaconsOf("/p", (tab) => tab.touchscreen.tap(410, 258), { viewport: { width: 768, height: 1024 }, hasTouch: true });
  assert.equal(beacon.touch, true);
  assert.equal(beacon.w, 768);
  assert.equal(beacon.h, 1000);
  assert.deepEqual(beacon.places, [{ layer: "tap", cell: [25, 16], anchor: "#buy", sub: [0, 0], n: 1, first: 31 }]);
});

test("clicks and taps are layers of their own", async () => {
  const act = async (tab) => {
    await tab.touchscreen.tap(480, 276);
    await tab.mouse.click(480, 276);
  };
  const places = await placesOf("/p", act, { viewport: { width: 1440, height: 900 }, hasTouch: true });
  assert.deepEqual(places.map(({ layer, n, first }) => [layer, n, first]), [["click", 1, 31], ["tap", 1, 31]]);
});

test("from the keyboard it is a click at the element's centre", async () => {
  const act = async (tab) => {
    await tab.focus("#buy");
    await tab.keyboard.press("Enter");
    await tab.keyboard.press("Space");
  };
  assert.deepEqual(await placesOf("/p", act), [{ layer: "click", cell: [30, 17], anchor: "#buy", sub: [4, 4], n: 2, first: 31 }]);
});

test("page coordinates count, not window coordinates", async () => {
  const act = async (tab) => {
    await scrollTo(tab, 1900);
    await tab.mouse.click(64 + 95, 2000 - 1900 + 31);
  };
  const [beacon] = await beaconsOf("/p", act);
  assert.deepEqual(beacon.places, [{ layer: "click", cell: [9, 126], anchor: "#far", sub: [7, 7], n: 1, first: 31 }]);
  assert.equal(beacon.scroll, 93);
});

test("an inner element that scrolls in the page's stead is the page", async () => {
  const act = async (tab) => {
    await scrollTo(tab, 1500, "#scroller");
    await tab.mouse.click(200, 100 + 1620 - 1500);
  };
  const [beacon] = await beaconsOf("/app", act);
  assert.deepEqual(beacon.places, [{ layer: "click", cell: [12, 107], anchor: "#deep", sub: [4, 4], n: 1, first: 31 }]);
  assert.equal(beacon.scroll, Math.round(((1500 + 800) / 3200) * 100));
});

test("inside large containers the position is in 16 px units", async () => {
  const places = await placesOf("/p", (tab) => tab.mouse.click(650, 850));
  assert.deepEqual(places, [{ layer: "click", cell: [40, 53], anchor: "#panel", sub: [40, 28], unit: "px16", n: 1, first: 31 }]);
});

test("open shadow roots are entered", async () => {
  const places = await placesOf("/shadow", (tab) => tab.mouse.click(200, 180));
  assert.deepEqual(places, [{ layer: "click", cell: [12, 11], anchor: "#card >>> #add", sub: [4, 4], n: 1, first: 31 }]);
});

test("each level is touched for the first time once", async () => {
  const act = async (tab) => {
    await tab.mouse.click(401, 257); // cell 25,16; sub-cell 0,0
    await tab.mouse.click(401, 257); // the same place
    await tab.mouse.click(405, 290); // cell 25,18: another 32 px parent, the same 64 px parent; sub-cell 0,6
    await tab.mouse.click(421, 258); // cell 26,16: another 32 px parent, the same 64 px parent; sub-cell 1,0
    await tab.mouse.click(433, 258); // cell 27,16: the same 32 px parent; the same sub-cell 1,0
    await tab.mouse.click(550, 290); // cell 34,18: another 64 px parent; sub-cell 7,6
  };
  const places = await placesOf("/p", act);
  assert.deepEqual(
    places.map(({ cell, sub, n, first }) => [...cell, ...sub, n, first]),
    [
      [25, 16, 0, 0, 2, 31],
      [25, 18, 0, 6, 1, 1 + 2 + 8],
      [26, 16, 1, 0, 1, 1 + 2 + 8],
      [27, 16, 1, 0, 1, 1],
      [34, 18, 7, 6, 1, 1 + 2 + 4 + 8],
    ],
  );
});

test("what was sent is not sent again", async () => {
  const act = async (tab) => {
    await tab.mouse.click(480, 276);
    await hide(tab);
    await server.received(1);
    await hide(tab);
    await tab.mouse.click(480, 276);
    await tab.mouse.click(480, 276);
    await scrollTo(tab, 300);
  };
  const [first, second] = await beaconsOf("/p", act, undefined, 2);
  assert.deepEqual([first.view, first.scroll, first.scrolled, first.places[0].n], [true, 30, 0, 1]);
  assert.deepEqual(second, {
    v: 1,
    site: "acme",
    path: "/p",
    w: first.w,
    touch: false,
    view: false,
    scroll: Math.round(((300 + first.h) / 3000) * 100),
    scrolled: first.scroll,
    places: [{ layer: "click", cell: [30, 17], anchor: "#buy", sub: [4, 4], n: 2, first: 0 }],
  });
});

test("ignored elements and what the page itself clicks are not counted", async () => {
  const act = async (tab) => {
    await tab.click("#unseen");
    await tab.evaluate(() => window.isotherm.ignore(document.getElementById("left")));
    await tab.click("#left");
    await tab.evaluate(() => document.getElementById("buy").click());
  };
  assert.deepEqual(await placesOf("/p", act), []);
});

test("a click on a label counts once, and its control still counts by itself", async () => {
  const act = async (tab) => {
    await tab.mouse.click(1110, 10);
    assert.equal(await tab.isChecked("#size"), true, "the label moved its control");
    await tab.click("#size");
    await tab.keyboard.press("Space");
  };
  const places = await placesOf("/p", act);
  const counted = (anchor) => places.filter((place) => place.anchor === anchor).reduce((sum, { n }) => sum + n, 0);
  assert.deepEqual([counted("label"), counted("#size"), places.length], [1, 2, 3]);
});

test("nothing of what is typed leaves the page", async () => {
  const act = async (tab) => {
    await tab.click("#mail");
    await tab.keyboard.type("somebody@example.org");
  };
  const [beacon] = await beaconsOf("/p", act);
  assert.equal(JSON.stringify(beacon).includes("somebody"), false);
  assert.deepEqual(beacon.places.map(({ anchor }) => anchor), ["#mail"]);
});

test("at most 64 places per page view and 255 counts of a place per beacon, at most 8 KiB per beacon", async () => {
  server.forget();
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(`${server.origin}/many`);
  for (let again = 0; again < 260; again++) await tab.mouse.click(8, 8);
  for (let step = 1; step < 70; step++) await tab.mouse.click(8 + (step % 35) * 32, 8 + Math.floor(step / 35) * 32);
  await tab.close();
  const sum = (beacons) => beacons.flatMap(({ places }) => places).reduce((total, { n }) => total + n, 0);
  const beacons = await server.until((beacons) => beacons.flatMap(({ places }) => places).length >= 50);
  await context.close();
  assert.ok(beacons.every(({ places }) => places.every(({ n }) => n <= 255)));
  const places = new Set(server.whole().flatMap(({ places }) => places).map(({ layer, cell, anchor, sub }) => JSON.stringify([layer, cell, anchor, sub])));
  assert.equal(places.size, 64);
  assert.ok(server.posts().every(({ body }) => body.length <= 8192));
});

test("what is longer than 8 KiB goes in several beacons, one of which is the view", async () => {
  server.forget();
  const context = await browser.newContext();
  const tab = await context.newPage();
  const name = (index) => `${"long-name-".repeat(20)}${"ab"[index >> 5]}${String.fromCharCode(97 + (index & 31) % 26)}${index}`;
  const many = Array.from({ length: 64 }, (_, index) => `<button data-isotherm="${name(index)}" ${box((index % 16) * 64, (index >> 4) * 64, 60, 60)}>x</button>`);
  await tab.route("**/long", (route) => route.fulfill({ contentType: "text/html", body: page(many.join("")) }));
  await tab.goto(`${server.origin}/long`);
  for (let index = 0; index < 64; index++) await tab.mouse.click((index % 16) * 64 + 30, (index >> 4) * 64 + 30);
  await hide(tab);
  const beacons = await server.until((all) => all.flatMap(({ places }) => places).length >= 35);
  assert.ok(beacons.length >= 3);
  await context.close();
  assert.ok(server.posts().every(({ body }) => body.length <= 8192));
  assert.deepEqual(beacons.map(({ view }) => view).filter(Boolean), [true]);
  const places = server.beacons().flatMap(({ places }) => places);
  assert.equal(new Set(places.map(({ anchor }) => anchor)).size, places.length);
  assert.ok(places.every(({ n }) => n === 1));
});

test("whatever is clicked, tapped and scrolled, beacons keep to the schema and first touches add up", async () => {
  const fits = new Ajv({ strict: false, formats: { uint8: true, uint16: true } }).compile(schemas("beacon.v1.json"));
  server.forget();
  const context = await browser.newContext({ viewport: { width: 900, height: 700 }, hasTouch: true });
  const tab = await context.newPage();
  await tab.goto(`${server.origin}/random`);
  let seed = 7;
  const below = (most) => (seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) % most;
  let acts = 0;
  for (let round = 0; round < 6; round++) {
    for (let act = 0; act < 9; act++, acts++) {
      const [x, y] = [350 + below(250), 220 + below(100)];
      await (below(2) ? tab.mouse.click(x, y) : tab.touchscreen.tap(x, y));
    }
    await hide(tab);
  }
  await tab.close();
  const total = (beacons) => beacons.flatMap(({ places }) => places).reduce((sum, { n }) => sum + n, 0);
  const beacons = await server.until((all) => total(all) >= acts);
  await context.close();
  for (const beacon of beacons) assert.ok(fits(beacon), JSON.stringify(fits.errors));
  const places = beacons.flatMap(({ places }) => places);
  assert.equal(total(beacons), acts);
  // Each level of each layer is touched for the first time exactly as often as there are different ones.
  const levels = [
    [1, ({ layer, cell: [x, y] }) => [layer, x, y]],
    [2, ({ layer, cell: [x, y] }) => [layer, x >> 1, y >> 1]],
    [4, ({ layer, cell: [x, y] }) => [layer, x >> 2, y >> 2]],
    [8, ({ layer, anchor, sub, unit }) => [layer, anchor, sub, unit]],
    [16, ({ layer, anchor }) => [layer, anchor]],
  ];
  for (const [bit, level] of levels) {
    const different = new Set(places.map((place) => level(place).join()));
    assert.equal(places.filter(({ first }) => first & bit).length, different.size, `bit ${bit}`);
  }
});
