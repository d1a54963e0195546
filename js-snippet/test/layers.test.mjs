// Layers beside clicks and taps: what each counts, by the definitions of docs/measuring.md.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hide, launch, page, serve } from "./lib.mjs";

const PAGE = page(`<style>button,p{display:block;width:200px;height:40px;margin:0}</style><main style="height:4000px">
  <button id="still">Nothing</button>
  <button id="moves" onclick="setTimeout(() => this.classList.toggle('on'), 1500)">Moves</button>
  <button id="late" onclick="setTimeout(() => this.classList.toggle('on'), 3000)">Moves late</button>
  <button id="qty-plus">More</button>
  <button id="scrolls" onclick="setTimeout(() => scrollBy(0, 5), 20)">Scrolls</button>
  <button id="focuses" onclick="setTimeout(() => document.getElementById('field').focus(), 500)">Focuses</button>
  <a href="#x" onclick="return false">Link</a><input id="field">
  <shop-card id="card" style="display:block"></shop-card>
  <div id="carousel" style="width:600px;height:100px;touch-action:pan-y;background:#eee"></div>
  <section data-isotherm="offer" style="position:absolute;top:1500px;height:400px;width:300px"></section>
  <section data-isotherm="deep" style="position:absolute;top:3500px;height:400px;width:300px"></section>
  <section data-isotherm="top" style="position:absolute;top:0;left:800px;height:40px;width:300px"></section>
</main><script>document.getElementById("card").attachShadow({mode:"open"}).innerHTML="<button id='inside' style='height:40px' onclick='setTimeout(() => this.textContent += 1, 100)'>In</button>"</script>`);

let server;
let browser;

before(async () => {
  server = await serve({ "*": PAGE });
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.close();
});

// The places of the layers named, after `act` on a page of its own. Its clock stands until a test moves it.
async function placesOf(layers, act, options = { viewport: { width: 1200, height: 900 } }) {
  server.forget();
  const context = await browser.newContext(options);
  await context.clock.install();
  const tab = await context.newPage();
  await tab.goto(`${server.origin}/p`);
  await tab.clock.pauseAt(Date.now() + 3_600_000);
  await act(tab);
  await hide(tab);
  await server.until((all) => all.some(({ view }) => view));
  const beacons = await server.until((all) => all.length === server.posts().length);
  assert.ok(beacons.length > 0);
  await context.close();
  return server.whole().flatMap(({ places }) => places).filter(({ layer }) => layers.includes(layer));
}

const short = (places) => places.map(({ layer, anchor, n, first }) => [layer, anchor, n, first]);

test("three fast clicks in one spot are one rage click, and still three clicks, and a first one", async () => {
  const places = await placesOf(["click", "rage", "first"], async (tab) => {
    for (let again = 0; again < 5; again++) await tab.mouse.click(50 + again, 20);
  });
  const sum = (layer) => places.filter((place) => place.layer === layer).reduce((total, { n }) => total + n, 0);
  assert.deepEqual([sum("click"), sum("rage"), sum("first")], [5, 1, 1]);
  assert.ok(!JSON.stringify(places).includes("time"));
});

test("clicks far apart, two clicks, and clicks on steppers are no rage", async () => {
  const places = await placesOf(["rage"], async (tab) => {
    for (const x of [10, 50, 90, 130]) await tab.mouse.click(x, 20);
    await tab.mouse.click(50, 60);
    await tab.mouse.click(50, 60);
    for (let again = 0; again < 5; again++) await tab.click("#qty-plus");
    await tab.focus("#still");
    for (let again = 0; again < 5; again++) await tab.keyboard.press("Enter");
  });
  assert.deepEqual(places, []);
});

test("slow clicks are no rage", async () => {
  server.forget();
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(`${server.origin}/slow`);
  for (let again = 0; again < 3; again++) {
    await tab.mouse.click(50, 20);
    // Real time: events carry the browser's own clock.
    await tab.evaluate(() => new Promise((done) => setTimeout(done, 1050)));
  }
  await hide(tab);
  await server.until((all) => all.flatMap(({ places }) => places).reduce((sum, { n }) => sum + n, 0) >= 3);
  assert.deepEqual(server.whole().flatMap(({ places }) => places).filter(({ layer }) => layer === "rage"), []);
  await context.close();
});

test("a click that nothing follows is dead", async () => {
  const places = await placesOf(["dead"], async (tab) => {
    await tab.click("#still");
    await tab.clock.runFor(3_000);
  });
  assert.deepEqual(short(places), [["dead", "#still", 1, 31]]);
});

for (const [name, id, wait] of [
  ["a mutation within 2.5 s", "moves", 3_000],
  ["a scroll", "scrolls", 3_000],
  ["a new focus", "focuses", 3_000],
]) {
  test(`a click that is followed by ${name} is not dead`, async () => {
    const places = await placesOf(["dead"], async (tab) => {
      await tab.click(`#${id}`);
      await tab.clock.runFor(50);
      // The scroll and its event come with a frame.
      await tab.screenshot();
      await tab.clock.runFor(wait);
    });
    assert.deepEqual(short(places), []);
  });
}

test("a mutation in an open shadow root is an answer", async () => {
  const places = await placesOf(["dead"], async (tab) => {
    await tab.click("#inside");
    await tab.clock.runFor(3_000);
  });
  assert.deepEqual(places, []);
});

test("a mutation that comes too late is none", async () => {
  const places = await placesOf(["dead"], async (tab) => {
    await tab.click("#late");
    await tab.clock.runFor(4_000);
  });
  assert.deepEqual(short(places), [["dead", "#late", 1, 31]]);
});

test("links, fields and hidden pages have no dead clicks", async () => {
  const places = await placesOf(["dead"], async (tab) => {
    await tab.click("a");
    await tab.click("#field");
    await tab.clock.runFor(3_000);
    await tab.click("#still");
    await hide(tab);
    await tab.clock.runFor(3_000);
  });
  assert.deepEqual(places, []);
});

async function stroke(tab, from, to) {
  const session = await tab.context().newCDPSession(tab);
  const send = (type, points) => session.send("Input.dispatchTouchEvent", { type, touchPoints: points });
  await send("touchStart", [{ x: from[0], y: from[1] }]);
  for (let step = 1; step <= 4; step++) {
    await send("touchMove", [{ x: from[0] + ((to[0] - from[0]) * step) / 4, y: from[1] + ((to[1] - from[1]) * step) / 4 }]);
  }
  await send("touchEnd", []);
}

test("a stroke sideways is a swipe; up, down and short ones are none", async () => {
  const touch = { viewport: { width: 800, height: 900 }, hasTouch: true };
  const at = async (tab) => {
    const box = await tab.locator("#carousel").boundingBox();
    return [box.x + 300, box.y + 50];
  };
  const places = await placesOf(["swipe"], async (tab) => {
    const [x, y] = await at(tab);
    await stroke(tab, [x, y], [x - 150, y + 10]);
    await stroke(tab, [x, y], [x, y - 30]);
    await stroke(tab, [x, y], [x - 20, y]);
  }, touch);
  assert.deepEqual(short(places), [["swipe", "#carousel", 1, 31]]);
});

test("named elements are exposed once, when their middle line is in view for 150 ms", async () => {
  const places = await placesOf(["exposure"], async (tab) => {
    await tab.clock.runFor(1_200);
    await scrollNow(tab, 700); // the offer's middle is at 1,700: below the window's end at 1,600
    await tab.clock.runFor(200);
    await scrollNow(tab, 3_300); // the deep one is there for 100 ms only
    await tab.clock.runFor(100);
    await scrollNow(tab, 900);
    await tab.clock.runFor(200);
    await scrollNow(tab, 0);
    await tab.clock.runFor(1_200);
    await scrollNow(tab, 900);
    await tab.clock.runFor(1_200);
  });
  assert.deepEqual(short(places).sort(), [
    ["exposure", `[data-isotherm="offer"]`, 1, 24],
    ["exposure", `[data-isotherm="top"]`, 1, 24],
  ]);
});

test("what a site leaves out is not exposed either, nor what is in it", async () => {
  const places = await placesOf(["exposure"], async (tab) => {
    await tab.evaluate(() => {
      const around = document.createElement("div");
      const offer = document.querySelector("[data-isotherm=offer]");
      offer.replaceWith(around);
      around.append(offer);
      window.isotherm.ignore(around);
    });
    await tab.clock.runFor(1_200);
    await scrollNow(tab, 900);
    await tab.clock.runFor(1_200);
  });
  assert.deepEqual(short(places), [["exposure", `[data-isotherm="top"]`, 1, 24]]);
});

test("time in view is counted by band, and only while somebody is there", async () => {
  const places = await placesOf(["attention"], async (tab) => {
    await tab.clock.runFor(10_000);
    await scrollNow(tab, 2_000);
    await tab.clock.runFor(120_000);
  });
  const seconds = {};
  const views = {};
  for (const { cell, n, first } of places) {
    seconds[cell[1]] = (seconds[cell[1]] || 0) + n;
    views[cell[1]] = (views[cell[1]] || 0) + (first & 1);
    assert.equal(cell[0], 0);
  }
  // 4,000 px high, 900 seen: bands 0 to 2 for ten seconds, 5 to 7 for thirty.
  assert.deepEqual(Object.keys(seconds).join(), "0,1,2,5,6,7");
  assert.ok(Math.abs(seconds[1] - 10) <= 1, `${seconds[1]} s`);
  assert.ok(Math.abs(seconds[6] - 30) <= 1, `${seconds[6]} s`);
  assert.ok(Object.values(views).every((n) => n === 1));
});

// Scrolls and waits for the event, which no clock stops.
async function scrollNow(tab, y) {
  await tab.evaluate((top) => {
    window.scrolledTo = new Promise((done) => document.addEventListener("scroll", () => done(1), { capture: true, once: true }));
    window.scrollTo({ top, behavior: "instant" });
  }, y);
  await tab.evaluate(() => window.scrolledTo);
}
