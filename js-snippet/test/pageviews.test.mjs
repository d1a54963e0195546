// Page views: when one begins and ends, how deep it reached, and when its beacons go.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hide, launch, page, patient, scrollTo, serve } from "./lib.mjs";

const TALL = page(`<main style="height:3000px"><button id="buy">Buy</button></main>`);

let server;
let browser;

before(async () => {
  server = await serve({ "*": TALL, "/short": page(`<button id="buy">Buy</button>`) });
  browser = await launch(undefined, { ignoreDefaultArgs: ["--disable-back-forward-cache"] });
});
after(async () => {
  await browser.close();
  await server.close();
});

// A new tab of its own, 1,000 px high, on a path of the server.
async function open(path, prepare = () => {}, slowly = patient) {
  server.forget();
  const context = await browser.newContext({ viewport: { width: 1000, height: 1000 } });
  await slowly(context);
  await prepare(context);
  const tab = await context.newPage();
  await tab.goto(server.origin + path);
  return { tab, context };
}

const bands = (beacons) => beacons.map(({ view, scrolled, scroll }) => [view, scrolled, scroll]);

test("the deepest reach is told once, band by band", async () => {
  const { tab, context } = await open("/p");
  await hide(tab);
  await scrollTo(tab, 500);
  await hide(tab);
  await scrollTo(tab, 100);
  await hide(tab);
  await scrollTo(tab, 2000);
  await scrollTo(tab, 0);
  await hide(tab);
  assert.deepEqual(bands(await server.received(3)), [[true, 0, 33], [false, 33, 50], [false, 50, 100]]);
  await context.close();
  assert.equal(server.posts().length, 3);
});

test("a page that does not scroll is seen whole", async () => {
  const { tab, context } = await open("/short");
  await hide(tab);
  assert.deepEqual(bands(await server.received(1)), [[true, 0, 100]]);
  await context.close();
});

test("the first beacon goes after a second, then one in ten seconds while there is news, none without", async () => {
  const { tab, context } = await open("/p", (context) => context.clock.install(), () => {});
  await tab.clock.pauseAt(Date.now() + 3_600_000);
  await server.received(1);
  // Thirty seconds of attention, then nobody is there.
  await tab.clock.runFor(120_000);
  await server.received(4);
  assert.deepEqual(server.whole().slice(1).map(({ places }) => places.map(({ layer }) => layer)[0]), ["attention", "attention", "attention"]);
  await tab.click("#buy");
  await tab.clock.runFor(4_000);
  await tab.click("#buy");
  assert.equal(server.posts().length, 4);
  await tab.clock.runFor(10_000);
  const beacons = await server.received(5);
  assert.deepEqual([beacons[4].view, beacons[4].places.map(({ n }) => n)], [false, [2]]);
  await tab.clock.runFor(120_000);
  await tab.close();
  await context.close();
  assert.ok(server.posts().length <= 8, `${server.posts().length} beacons`);
});

test("what the browser does not take is kept for the next time", async () => {
  const { tab, context } = await open("/p", (context) =>
    context.addInitScript(() => {
      const { sendBeacon } = Navigator.prototype;
      let refusals = 2;
      Navigator.prototype.sendBeacon = function (...args) {
        return refusals-- > 0 ? false : sendBeacon.apply(this, args);
      };
    }),
  );
  await tab.click("#buy");
  await hide(tab);
  await tab.click("#buy");
  await hide(tab);
  await hide(tab);
  const [beacon] = await server.received(1);
  assert.deepEqual([beacon.view, beacon.places.length, beacon.places[0].n, beacon.places[0].first], [true, 1, 2, 31]);
  await context.close();
});

test("closing the tab sends what is left", async () => {
  const { tab, context } = await open("/p");
  await tab.click("#buy");
  await tab.close();
  const [beacon] = await server.received(1);
  assert.deepEqual([beacon.path, beacon.places.length], ["/p", 1]);
  await context.close();
});

const ROUTES = async (tab) => {
  await tab.click("#buy");
  await tab.evaluate(() => history.pushState({}, "", "/second?query=1"));
  await tab.evaluate(() => history.replaceState({}, "", "/second?query=2#part"));
  await tab.click("#buy");
  await tab.evaluate(() => history.replaceState({}, "", "/third"));
  await tab.evaluate(() => history.go(-1));
  await tab.waitForURL("**/first");
  await tab.click("#buy");
  await hide(tab);
};

const ROUTED = [["/first", "31"], ["/first", "31"], ["/second", "31"], ["/third", ""]];
for (const [name, prepare, views] of [
  ["the navigation interface", undefined, ROUTED],
  // A route that nobody sees for a second and does nothing on is none.
  ["the history methods alone", (context) => context.addInitScript(() => Object.defineProperty(window, "navigation", { value: undefined })), ROUTED.slice(0, 3)],
]) {
  test(`each route of a single-page app is a page view (${name})`, async () => {
    const { tab, context } = await open("/first", prepare);
    await ROUTES(tab);
    const beacons = await server.until((all) => all.filter(({ view }) => view).length === views.length);
    const said = beacons.filter(({ view }) => view).map(({ path, places }) => [path, places.map(({ first }) => first).join()]);
    assert.deepEqual(said.sort(), views);
    await context.close();
  });
}

test("the history methods stay the browser's own", async () => {
  const { tab, context } = await open("/first", (context) => context.addInitScript(() => Object.defineProperty(window, "navigation", { value: undefined })));
  const said = await tab.evaluate(() => {
    history.pushState({ a: 1 }, "", "/x");
    let refused = "";
    try {
      history.pushState({}, "", "https://example.org/");
    } catch (error) {
      refused = error.name;
    }
    return [history.state, location.pathname, refused, /native code/.test(history.pushState)];
  });
  assert.deepEqual(said, [{ a: 1 }, "/x", "SecurityError", true]);
  await context.close();
});

test("a page that comes back from the back/forward cache is a new page view", async () => {
  const { tab, context } = await open("/cached");
  await tab.click("#buy");
  await tab.evaluate(() => window.addEventListener("pageshow", ({ persisted }) => (window.persisted = persisted)));
  await tab.goto(`${server.origin}/away`);
  await server.until((all) => all.some(({ path }) => path === "/cached"));
  await tab.goBack({ waitUntil: "commit" });
  assert.equal(await tab.evaluate(() => window.persisted), true, "Chromium kept the page");
  await tab.click("#buy");
  await hide(tab);
  const beacons = await server.until((all) => all.filter(({ path, view }) => path === "/cached" && view).length === 2);
  const views = beacons.filter(({ path, view }) => path === "/cached" && view);
  assert.deepEqual(views.map(({ places }) => places.map(({ n, first }) => [n, first])), [[[1, 31]], [[1, 31]]]);
  await context.close();
});

test("a page opened out of sight begins when it is shown", async () => {
  const { tab, context } = await open("/behind", (context) =>
    context.addInitScript(() => Object.defineProperty(document, "hidden", { configurable: true, value: true })),
  );
  await tab.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
  await tab.evaluate(() => history.pushState({}, "", "/shown"));
  await tab.evaluate(() => {
    delete document.hidden;
    document.dispatchEvent(new Event("visibilitychange"));
  });
  await hide(tab);
  const beacons = await server.received(1);
  assert.deepEqual(beacons.map(({ path, view }) => [path, view]), [["/shown", true]]);
  await context.close();
});

test("paths are masked, without query", async () => {
  const { tab, context } = await open("/caf%C3%A9/100%25/jo%40example.org/1234567?token=secret");
  await hide(tab);
  const beacons = await server.received(1);
  assert.deepEqual(beacons.map(({ path }) => path), ["/caf%C3%A9/100%25/:email/:number"]);
  await context.close();
});

test("a page that breaks everything around it does not see the script break", async () => {
  const errors = [];
  const { tab, context } = await open("/hostile", async (context) => {
    context.on("weberror", (error) => errors.push(error.error().message));
    await context.addInitScript(() => {
      Event.prototype.composedPath = () => {
        throw new Error("no path");
      };
      Navigator.prototype.sendBeacon = () => {
        throw new Error("no beacon");
      };
      Object.defineProperty(window, "localStorage", {
        get() {
          throw new Error("no storage");
        },
      });
    });
  });
  await tab.click("#buy");
  await scrollTo(tab, 500);
  await hide(tab);
  await tab.evaluate(() => {
    window.isotherm.optOut();
    window.isotherm.optIn();
    window.isotherm.convert("order");
  });
  await context.close();
  assert.deepEqual(errors, []);
});
