// How far a page is seen, where the page is not yet, or no longer, what it is when it is told. Each of these was wrong once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hide, launch, page, serve } from "./lib.mjs";

const tall = (px) => `<div style="height:${px}px"></div>`;
const BUY = `<button id="buy" style="position:fixed;top:9px;left:9px">Buy</button>`;

const PAGES = {
  "/cut": page(`<div style="height:600px;overflow:hidden">${tall(5000)}</div>${tall(2400)}`),
  "/late": page(`<div id="app">Loading</div>${BUY}`),
  "/early": page(`<div id="app">${tall(4000)}</div>`),
  "/shell": page(`<div style="height:100vh;overflow:auto">${tall(4000)}</div>${BUY}<dialog>Hello</dialog>`),
};

let server;
let browser;

before(async () => {
  server = await serve(PAGES);
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.close();
});

/** The beacons of a window of 800 px in which `act` happens. Its clock stands until a test moves it. */
async function sent(path, act, leave = hide) {
  server.forget();
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 } });
  // Paused before the page begins, so that what happens in its first second can be told.
  await context.clock.install({ time: Date.now() });
  await context.clock.pauseAt(Date.now() + 60_000);
  await context.addInitScript(() => {
    const { sendBeacon } = navigator;
    window.beacons = 0;
    Navigator.prototype.sendBeacon = function (...given) {
      window.beacons++;
      return sendBeacon.apply(this, given);
    };
  });
  const tab = await context.newPage();
  await tab.goto(`${server.origin}${path}`);
  await act(tab);
  await leave(tab);
  const all = await tab.evaluate(() => window.beacons);
  await server.until(() => server.whole().length === all);
  await context.close();
  return server.whole();
}

const fill = (tab, px) => tab.evaluate((html) => void (document.querySelector("#app").innerHTML = html), tall(px));
/** Scrolls and waits until the page has heard of it. (Its frames stand still as its clock does.) */
const scrollTo = (tab, y) =>
  tab.evaluate(
    (y) =>
      new Promise((heard) => {
        document.addEventListener("scroll", heard, { once: true, capture: true });
        window.scrollTo(0, y);
      }).then(() => {}),
    y,
  );
const deepest = (beacons) => Math.max(...beacons.map(({ scroll }) => scroll));
const of = (path, beacons) => deepest(beacons.filter((beacon) => beacon.path === path));

test("a box that is cut off, and nobody scrolls, is not the page", async () => {
  const beacons = await sent("/cut", (tab) => tab.clock.runFor(1_200));
  assert.equal(deepest(beacons), 27);
});

for (const [what, act] of Object.entries({
  "": async () => {},
  ", also where it was clicked": (tab) => tab.click("#buy"),
  ", also where it was scrolled": (tab) => tab.evaluate(() => void document.dispatchEvent(new Event("scroll"))),
})) {
  test(`a page that is still empty when its first beacon goes was not seen as a whole${what}`, async () => {
    const beacons = await sent("/late", async (tab) => {
      await act(tab);
      await tab.clock.runFor(1_500);
      await server.received(1);
      await fill(tab, 4000);
      await tab.clock.runFor(2_000);
    });
    assert.deepEqual([beacons[0].scroll, deepest(beacons)], [1, 20]);
  });
}

test("what was seen is a part of the page as it has grown", async () => {
  const beacons = await sent("/late", async (tab) => {
    await fill(tab, 1600);
    await tab.clock.runFor(3_000);
    await fill(tab, 3200);
    await tab.clock.runFor(3_000);
  });
  assert.equal(deepest(beacons), 25);
});

test("a list that grows in the very second before a beacon is not at its end", async () => {
  for (const seconds of [8, 9, 10, 11]) {
    const beacons = await sent("/early", async (tab) => {
      await tab.clock.runFor(seconds * 1_000 + 400);
      await scrollTo(tab, 3200);
      await tab.evaluate((html) => document.body.insertAdjacentHTML("beforeend", html), tall(4000));
      await tab.clock.runFor(3_000);
    });
    assert.equal(deepest(beacons), 50, `${seconds} s`);
  }
});

test("a page that becomes shorter was seen as far as it was", async () => {
  const beacons = await sent("/early", async (tab) => {
    await tab.clock.runFor(2_000);
    await scrollTo(tab, 1200);
    await tab.clock.runFor(1_000);
    await tab.evaluate(() => window.scrollTo(0, 0));
    await fill(tab, 2000);
    await tab.clock.runFor(12_000);
  });
  assert.equal(deepest(beacons), 50, "2000 of 4000, then 800 of 2000");
});

test("a page inside a scroller is told as such from its first click on, and below a dialog", async () => {
  const beacons = await sent("/shell", async (tab) => {
    await tab.click("#buy");
    await tab.clock.runFor(3_000);
    await tab.evaluate(() => document.querySelector("dialog").showModal());
    await tab.clock.runFor(12_000);
  });
  assert.equal(deepest(beacons), 20);
});

for (const [name, hidden] of [["with the navigation interface", false], ["without it", true]]) {
  test(`a route is not seen to the end because the next one is short (${name})`, async () => {
    const beacons = await sent("/early", async (tab) => {
      if (hidden) await tab.evaluate(() => Object.defineProperty(window, "navigation", { value: undefined }));
      await tab.clock.runFor(3_000);
      await tab.evaluate(() => {
        history.pushState({}, "", "/next");
        document.querySelector("#app").innerHTML = "Short";
      });
      await tab.clock.runFor(3_000);
    });
    assert.deepEqual([of("/early", beacons), of("/next", beacons)], [20, 100]);
  });
}

test("a route whose next one is loading takes nothing of that page with it, nor does it leave it something", async () => {
  const beacons = await sent("/early", async (tab) => {
    await tab.clock.runFor(2_000);
    await scrollTo(tab, 2000);
    await tab.clock.runFor(2_000);
    await tab.evaluate(() => {
      history.pushState({}, "", "/next");
      document.querySelector("#app").innerHTML = "Loading";
      // The browser scrolls as far as there is something.
      return new Promise((heard) => document.addEventListener("scroll", heard, { once: true, capture: true })).then(() => {});
    });
    await tab.clock.runFor(1_500);
    await fill(tab, 4000);
    await tab.clock.runFor(2_000);
  });
  assert.deepEqual([of("/early", beacons), of("/next", beacons)], [70, 20]);
});

test("a hidden page that goes to another route is not looked at again when it is closed", async () => {
  const close = (tab) =>
    tab.evaluate(() => {
      Object.defineProperty(document, "hidden", { configurable: true, value: true });
      document.dispatchEvent(new Event("visibilitychange"));
      history.pushState({}, "", "/next");
      document.querySelector("#app").innerHTML = "Short";
      window.dispatchEvent(new Event("pagehide"));
    });
  const beacons = await sent("/early", (tab) => tab.clock.runFor(3_000), close);
  assert.equal(deepest(beacons), 20);
});
