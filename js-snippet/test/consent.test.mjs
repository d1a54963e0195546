// What the script does not do, and when.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { hide, launch, page, patient, scrollTo, serve, watch } from "./lib.mjs";

const TALL = page(`<div style="height:3000px"><button id="buy">Buy</button></div>`);

let server;
let browser;

before(async () => {
  server = await serve({ "*": TALL, "/two": TALL.replace("</head>", `<script defer src="/isotherm.js" data-site="acme"></script></head>`), "/stub": page("", `<script src="/stub.js"></script>`), "/nosite": page("", `<script src="/isotherm.js"></script>`) });
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.close();
});

const act = async (tab) => {
  await tab.click("#buy");
  await scrollTo(tab, 1500);
  await hide(tab);
};

// What was received of `path` once a visitor without a signal, who came after it in the same browser, was heard: had
// the silent page said anything, it would be there, too.
let controls = 0;
const heardOf = async (path) => {
  const control = `/control-${++controls}`;
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(server.origin + control);
  await act(tab);
  const beacons = await server.until((all) => all.some((beacon) => beacon.path === control));
  await context.close();
  return beacons.filter((beacon) => beacon.path === path);
};

const SIGNALS = {
  dnt: [
    () => Object.defineProperty(navigator, "doNotTrack", { value: "1" }),
    () => Object.defineProperty(navigator, "doNotTrack", { value: "1;tracking" }),
    () => Object.defineProperty(window, "doNotTrack", { value: "1" }),
  ],
  gpc: [() => Object.defineProperty(navigator, "globalPrivacyControl", { value: true })],
  opted_out: [() => localStorage.setItem("isotherm_optout", "1")],
  webdriver: [() => Object.defineProperty(navigator, "webdriver", { value: true })],
};

for (const [reason, forms] of Object.entries(SIGNALS)) {
  forms.forEach((form, index) =>
    test(`${reason} (form ${index + 1}) sends, stores and listens to nothing`, async () => {
      server.forget();
      const context = await browser.newContext();
      await context.addInitScript(form);
      await watch(context);
      const tab = await context.newPage();
      await tab.goto(`${server.origin}/silent`);
      assert.deepEqual(await tab.evaluate(() => window.isotherm.status()), { active: false, reason });
      const seen = await tab.evaluate(() => window.seen);
      assert.deepEqual(seen.added, []);
      await act(tab);
      assert.deepEqual(await tab.evaluate(() => [window.seen.stored, window.seen.cookies, localStorage.length - (localStorage.isotherm_optout ? 1 : 0), sessionStorage.length]), [[], [], 0, 0]);
      await context.close();
      assert.deepEqual(await heardOf("/silent"), []);
    }),
  );
}

// Each signal as it is set, and whether it is a no; null is a browser that has none.
const DNT = [[null, false], ["0", false], ["1", true]];
const GPC = [[null, false], [false, false], [true, true]];
const FLAG = [[null, false], ["0", false], ["1", true]];
const TABLE = DNT.flatMap((dnt) => GPC.flatMap((gpc) => FLAG.map((flag) => [dnt, gpc, flag])));

test("of Do Not Track, Global Privacy Control and the site's flag one no wins over any yes", async () => {
  server.forget();
  const measured = [];
  for (const [at, [dnt, gpc, flag]] of TABLE.entries()) {
    const context = await browser.newContext();
    await context.addInitScript(
      ([dnt, gpc, flag]) => {
        if (dnt !== null) Object.defineProperty(navigator, "doNotTrack", { value: dnt });
        if (gpc !== null) Object.defineProperty(navigator, "globalPrivacyControl", { value: gpc });
        if (flag !== null) localStorage.setItem("isotherm_optout", flag);
      },
      [dnt[0], gpc[0], flag[0]],
    );
    await watch(context);
    const tab = await context.newPage();
    await tab.goto(`${server.origin}/table-${at}`);
    const reason = dnt[1] ? "dnt" : gpc[1] ? "gpc" : flag[1] ? "opted_out" : null;
    if (!reason) measured.push(`/table-${at}`);
    const row = JSON.stringify([dnt[0], gpc[0], flag[0]]);
    assert.deepEqual(await tab.evaluate(() => window.isotherm.status()), { active: !reason, reason }, row);
    if (reason) assert.deepEqual(await tab.evaluate(() => window.seen.added), [], row);
    await act(tab);
    const kept = flag[0] === null ? [] : [["isotherm_optout", flag[0]]];
    assert.deepEqual(await tab.evaluate(() => [Object.entries(localStorage), sessionStorage.length, window.seen.stored, window.seen.cookies]), [kept, 0, [], []], row);
    await context.close();
  }
  assert.equal(measured.length, 2 * 2 * 2);
  const heard = (beacons) => [...new Set(beacons.map(({ path }) => path))].filter((path) => path.startsWith("/table-")).sort();
  await server.until((beacons) => heard(beacons).length >= measured.length);
  // Whoever came after them was heard, and of the silent pages nothing.
  await heardOf("/table-control");
  assert.deepEqual(heard(server.beacons()), measured.sort());
});

test("signals that are no refusal do not silence", async () => {
  const context = await browser.newContext();
  await context.addInitScript(() => {
    Object.defineProperty(navigator, "doNotTrack", { value: "0" });
    Object.defineProperty(window, "doNotTrack", { value: "unspecified" });
    Object.defineProperty(navigator, "globalPrivacyControl", { value: false });
    localStorage.setItem("isotherm_optout", "0");
  });
  const tab = await context.newPage();
  await tab.goto(`${server.origin}/p`);
  assert.deepEqual(await tab.evaluate(() => window.isotherm.status()), { active: true, reason: null });
  await context.close();
});

test("a driven browser without the visitor's flags sends nothing", async (t) => {
  server.forget();
  const robot = await launch([]);
  t.after(() => robot.close());
  const tab = await robot.newPage();
  await tab.goto(`${server.origin}/robot`);
  assert.deepEqual(await tab.evaluate(() => window.isotherm.status()), { active: false, reason: "webdriver" });
  await act(tab);
  await tab.close();
  assert.deepEqual(await heardOf("/robot"), []);
});

test("it listens to pointer, scroll and page life only, and stores nothing", async () => {
  const context = await browser.newContext();
  await watch(context);
  const tab = await context.newPage();
  await tab.goto(`${server.origin}/p`);
  const types = await tab.evaluate(() => window.seen.added);
  assert.deepEqual(types.sort(), ["click", "currententrychange", "hashchange", "pagehide", "pageshow", "pointerdown", "scroll", "touchend", "visibilitychange"]);
  assert.ok(!types.some((type) => /key|input|composition|copy|cut|paste|clipboard|change$|focus|blur|submit/.test(type.replace(/^(visibility|currententry|hash)change$/, ""))));
  await act(tab);
  assert.deepEqual(await tab.evaluate(() => [window.seen.stored, window.seen.cookies, localStorage.length, sessionStorage.length]), [[], [], 0, 0]);
  await context.close();
});

test("optOut stops at once, drops what is unsent and writes its one flag; optIn takes it back", async () => {
  server.forget();
  const context = await browser.newContext();
  await watch(context);
  await patient(context);
  const tab = await context.newPage();
  await tab.goto(`${server.origin}/out`);
  await tab.click("#buy");
  await tab.evaluate(() => window.isotherm.optOut());
  assert.deepEqual(await tab.evaluate(() => window.isotherm.status()), { active: false, reason: "opted_out" });
  assert.deepEqual(await tab.evaluate(() => Object.entries(localStorage)), [["isotherm_optout", "1"]]);
  const live = await tab.evaluate(() => window.seen.live);
  assert.deepEqual(Object.values(live).filter((count) => count !== 0), []);
  await act(tab);
  await tab.evaluate(() => window.isotherm.optIn());
  assert.deepEqual(await tab.evaluate(() => [window.isotherm.status(), localStorage.length]), [{ active: true, reason: null }, 0]);
  await hide(tab);
  assert.deepEqual((await heardOf("/out")).map(({ view, places }) => [view, places]), [[true, []]]);
  await context.close();
});

test("an opt-out in another tab is heard before the next beacon", async () => {
  server.forget();
  const context = await browser.newContext();
  await patient(context);
  const tab = await context.newPage();
  await tab.goto(`${server.origin}/other`);
  await tab.click("#buy");
  const other = await context.newPage();
  await other.goto(`${server.origin}/stub`);
  await other.evaluate(() => localStorage.setItem("isotherm_optout", "1"));
  // Tabs tell each other what they store, but not at once.
  await tab.waitForFunction(() => localStorage.isotherm_optout === "1");
  await hide(tab);
  assert.deepEqual(await tab.evaluate(() => window.isotherm.status()), { active: false, reason: "opted_out" });
  await context.close();
  assert.deepEqual(await heardOf("/other"), []);
});

test("two copies of the tag count once", async () => {
  server.forget();
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(`${server.origin}/two`);
  await tab.click("#buy");
  await hide(tab);
  await context.close();
  const clicks = (await heardOf("/two")).flatMap(({ places }) => places);
  assert.deepEqual(clicks.map(({ n }) => n), [1]);
});

test("a tag without a site does nothing and says so", async () => {
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(`${server.origin}/nosite`);
  assert.deepEqual(await tab.evaluate(() => window.isotherm.status()), { active: false, reason: "no_site" });
  await context.close();
});

test("the stub has the whole of window.isotherm, doing nothing", async () => {
  server.forget();
  const context = await browser.newContext();
  const tab = await context.newPage();
  await tab.goto(`${server.origin}/stub`);
  const said = await tab.evaluate(() => {
    localStorage.setItem("isotherm_optout", "1");
    window.isotherm.optOut();
    window.isotherm.convert("order", 3);
    window.isotherm.ignore(document.body);
    window.isotherm.optIn();
    return [Object.keys(window.isotherm).sort(), window.isotherm.status(), localStorage.length];
  });
  assert.deepEqual(said, [["convert", "ignore", "optIn", "optOut", "start", "status"], { active: false, reason: "opted_out" }, 0]);
  await tab.goto(`${server.origin}/p`);
  const full = await tab.evaluate(() => [Object.keys(window.isotherm).sort(), window.isotherm.convert("order", 3)]);
  assert.deepEqual(full, [said[0], undefined]);
  await context.close();
});

