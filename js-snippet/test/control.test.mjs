// What a site and a visitor can say: options, consent, #isotherm-inspect, the opt-out without the script, the package.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { built, integrity } from "../scripts/build.mjs";
import { hide, launch, page, scrollTo, serve } from "./lib.mjs";

const TALL = `<main style="height:3000px"><button id="buy">Buy</button></main>`;
const tag = (attributes) => `<script defer src="/isotherm.js" data-site="acme" ${attributes}></script>`;
// As site owners copy it, on a page whose policy forbids all inline code.
const [, OPT_OUT] = readFileSync(new URL("../../docs/opting-out.md", import.meta.url), "utf8").match(/```html\n(<p>[^`]*isotherm-optout\.js[^`]*)```/);
const STRICT = `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'self'">`;
const dist = (name) => readFileSync(new URL(`../dist/${name}`, import.meta.url));

let server;
let browser;

before(async () => {
  server = await serve({
    "*": page(TALL),
    "/variant": page(TALL, tag(`data-variant="b"`)),
    "/variant-x": page(TALL, tag(`data-variant="somebody"`)),
    "/hash": page(TALL, tag("data-hash-routes")),
    "/scroller": page(`<div style="height:300px;overflow:auto" class="small"><div style="height:900px"><button id="in" style="margin-top:600px">In</button></div></div>`, tag(`data-scroller=".small"`)),
    "/elsewhere": page(TALL, tag(`data-endpoint="/mine/collect"`)),
    "/wait": page(TALL, tag("data-wait")),
    "/framed": page(`${TALL}<iframe src="/inside" style="position:fixed;top:100px;left:0;border:0"></iframe><iframe src="about:blank"></iframe>`, tag("data-frames")),
    "/unframed": page(`<iframe src="/inside" style="position:fixed;top:100px;left:0;border:0"></iframe>`),
    "/inside": page(`<button id="within">In</button>`, ""),
    "/privacy": page(OPT_OUT, STRICT),
    "/forbidden": page(TALL, `<meta http-equiv="Content-Security-Policy" content="script-src 'self'; connect-src 'none'">${tag("")}`),
    "/stub": page(TALL, `<script src="/stub.js"></script>`),
    "/tagged-privacy": page(`<a href="#isotherm-optout">Do not count me</a>`),
    "/package": page(TALL, `<script type="module">${dist("index.js").toString().replace(/export\{(\w+) as init\};?\s*$/, "$1({site:'acme',endpoint:location.origin+'/v1/collect',variant:'c'})")}</script>`),
  });
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.close();
});

async function visit(path, act) {
  server.forget();
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 } });
  const tab = await context.newPage();
  const errors = [];
  tab.on("pageerror", (error) => errors.push(error.message));
  await tab.goto(server.origin + path);
  const gave = await act(tab, context);
  await context.close();
  assert.deepEqual(errors, []);
  return gave;
}

const sent = (awaited) => server.until((all) => all.some(awaited));

for (const [path, expected] of [
  ["/variant", "/variant;b"],
  ["/variant-x", "/variant-x"],
  ["/package", "/package;c"],
]) {
  test(`${path} is counted as ${expected}`, () =>
    visit(path, async (tab) => {
      await tab.waitForFunction(() => window.isotherm?.status().active);
      await tab.click("#buy");
      await hide(tab);
      const beacons = await sent(({ places }) => places.length > 0);
      assert.deepEqual([...new Set(beacons.map((beacon) => beacon.path))], [expected]);
    }));
}

test("routes behind the # are pages where the site says so, and only the routes", () =>
  visit("/hash", async (tab) => {
    await tab.click("#buy");
    await tab.evaluate(() => (location.hash = "#/cart?token=secret"));
    await tab.click("#buy");
    await tab.evaluate(() => (location.hash = "#!/order/1234567"));
    await tab.click("#buy");
    await hide(tab);
    const beacons = await sent(({ path }) => path.includes("order"));
    assert.deepEqual([...new Set(beacons.map(({ path }) => path))], ["/hash", "/hash/cart", "/hash/order/:number"]);
  }));

test("the site names its scroller", () =>
  visit("/scroller", async (tab) => {
    await scrollTo(tab, 600, ".small");
    await tab.click("#in");
    await hide(tab);
    const beacons = await sent(({ scroll }) => scroll === 100);
    assert.ok(beacons.some(({ places }) => places.some(({ cell }) => cell[1] >= 37)), "the click's cell holds what was scrolled");
  }));

test("beacons go where the site says", () =>
  visit("/elsewhere", async (tab) => {
    await hide(tab);
    await sent(({ view }) => view);
    assert.deepEqual([...new Set(server.posts().map(({ path }) => path))], ["/mine/collect"]);
  }));

test("with data-frames, a frame of the page's own origin is the page that it is; without it is not entered", async () => {
  const inside = (tab) => tab.frames().find((one) => one.url().endsWith("/inside"));
  await visit("/unframed", async (tab) => {
    await inside(tab).click("#within");
    await hide(tab);
    await sent(({ path }) => path === "/unframed");
    assert.equal(await inside(tab).evaluate(() => typeof window.isotherm), "undefined");
  });
  await visit("/framed", async (tab) => {
    await inside(tab).waitForFunction(() => window.isotherm?.status().active);
    await inside(tab).click("#within");
    await hide(inside(tab));
    const beacons = await sent(({ path, places }) => path === "/inside" && places.length > 0);
    assert.deepEqual(beacons.filter(({ path }) => path === "/inside").flatMap(({ places }) => places.map(({ anchor, n }) => [anchor, n])), [["#within", 1]]);
    assert.equal(await inside(tab).evaluate(() => document.scripts.length), 1);
  });
});

test("with data-wait nothing happens until isotherm.start()", () =>
  visit("/wait", async (tab) => {
    assert.deepEqual(await tab.evaluate(() => window.isotherm.status()), { active: false, reason: "waiting" });
    await tab.click("#buy");
    await hide(tab);
    await tab.evaluate(() => window.isotherm.start());
    await tab.click("#buy");
    await hide(tab);
    const beacons = await sent(({ places }) => places.length > 0);
    assert.equal(beacons.flatMap(({ places }) => places).reduce((sum, { n }) => sum + n, 0), 1);
  }));

test("#isotherm-inspect shows beacons word for word, and its button opts out", () =>
  visit("/p#isotherm-inspect", async (tab) => {
    const panel = tab.locator("isotherm-inspect section");
    await panel.waitFor();
    await tab.click("#buy");
    await hide(tab);
    const [{ body }] = await sent(({ places }) => places.length > 0).then(() => server.posts().filter((post) => post.body.includes("#buy")));
    assert.ok((await panel.locator("pre").textContent()).includes(body));
    await panel.getByText("Do not count me").click();
    assert.deepEqual(await tab.evaluate(() => window.isotherm.status()), { active: false, reason: "opted_out" });
    assert.ok((await panel.textContent()).includes("You opted out"));
    await tab.evaluate(() => document.querySelector("isotherm-inspect").shadowRoot.querySelector("button").click());
    assert.equal((await tab.evaluate(() => window.isotherm.status())).active, false, "no page opts anybody in");
    await panel.getByText("Count me again").click();
    assert.equal((await tab.evaluate(() => window.isotherm.status())).active, true);
  }));

test("nobody else loads the inspector", () =>
  visit("/p", async (tab) => {
    await hide(tab);
    await sent(({ view }) => view);
    assert.deepEqual(server.requests.filter(({ path }) => path.includes("inspect")), []);
  }));

test("#isotherm-inspect names the policy that lets nothing leave, and where it would have gone", () =>
  visit("/forbidden#isotherm-inspect", async (tab) => {
    const panel = tab.locator("isotherm-inspect section");
    await panel.waitFor();
    await tab.click("#buy");
    await hide(tab);
    await panel.getByText(`Its connect-src must name ${server.origin}`).waitFor();
    assert.deepEqual(server.posts(), []);
  }));

test("who opted out at the service is sent to its page, which alone can take that back", () =>
  visit("/stub#isotherm-inspect", async (tab) => {
    const panel = tab.locator("isotherm-inspect section");
    await panel.getByText("Count me again").click();
    assert.equal(await panel.locator("a").getAttribute("href"), `${server.origin}/opt-out`);
    assert.equal(await panel.getByText("Count me again").count(), 0);
    const lines = await panel.locator("p").allTextContents();
    assert.ok(lines.every((line) => line !== ""), "no line is empty");
    assert.equal(lines.at(-1), `${server.origin}/opt-out`, "the address has a line of its own");
  }));

/** Behind each fragment: what is loaded besides the script, and whether the page is measured. */
const FRAGMENTS = [
  ["#isotherm-heat=abc.def", "overlay", false],
  ["#/cart#isotherm-heat=abc.def", "overlay", false],
  ["#isotherm-heat=", "inspect", true],
  ["#isotherm-inspect", "inspect", true],
  ["#isotherm-heating", null, true],
  ["#isotherm-h", null, true],
  ["#isotherm-inspector", null, true],
  ["#isotherm-optouts", null, true],
  ["#isotherm-", null, true],
  ["#about-isotherm-heat=abc.def", null, true],
  ["#top", null, true],
];
const LOADED = /^\/isotherm-(overlay|inspect)\.js$/;

for (const [fragment, loaded, active] of FRAGMENTS) {
  test(`${fragment}: ${loaded ? `the ${loaded} is loaded` : "nothing is loaded"}, the page is ${active ? "" : "not "}measured`, () =>
    visit(`/p${fragment}`, async (tab) => {
      assert.deepEqual(await tab.evaluate(() => window.isotherm.status()), { active, reason: active ? null : "no_site" });
      if (loaded === "overlay") await tab.waitForFunction(() => window.overlaid);
      if (loaded === "inspect") await tab.locator("isotherm-inspect section").waitFor();
      await tab.waitForLoadState("networkidle");
      const found = server.requests.map(({ path }) => LOADED.exec(path)?.[1]).filter(Boolean);
      assert.deepEqual(found, loaded ? [loaded] : []);
    }));
}

test("the stub loads what is asked for by name, and measures nothing", async () => {
  for (const [fragment, loaded] of [...FRAGMENTS, ["#isotherm-optout", null]]) {
    await visit(`/stub${fragment}`, async (tab) => {
      if (loaded === "overlay") await tab.waitForFunction(() => window.overlaid);
      if (loaded === "inspect") await tab.locator("isotherm-inspect section").waitFor();
      await tab.click("#buy");
      await hide(tab);
      await tab.waitForLoadState("networkidle");
      const found = server.requests.map(({ path }) => LOADED.exec(path)?.[1]).filter(Boolean);
      assert.deepEqual(found, loaded ? [loaded] : [], fragment);
      assert.deepEqual(server.posts(), []);
    });
  }
});

test("a link to #isotherm-optout opts out at once", () =>
  visit("/tagged-privacy", async (tab) => {
    await tab.click("a");
    await tab.locator("isotherm-inspect section").waitFor();
    assert.deepEqual(await tab.evaluate(() => [window.isotherm.status(), localStorage.isotherm_optout]), [{ active: false, reason: "opted_out" }, "1"]);
  }));

test("the opt-out without the script, as documented, keeps the flag that the script hears, and gives it back", () =>
  visit("/privacy", async (tab) => {
    const back = tab.getByRole("button", { name: "Count me again" });
    assert.equal(await back.isVisible(), false);
    await tab.click("a");
    await back.waitFor({ state: "visible" });
    assert.equal(await tab.evaluate(() => localStorage.isotherm_optout), "1");
    await tab.goto(`${server.origin}/p`);
    assert.deepEqual(await tab.evaluate(() => window.isotherm.status()), { active: false, reason: "opted_out" });
    await tab.goto(`${server.origin}/privacy`);
    await tab.evaluate(() => document.querySelector("button").click());
    assert.equal(await tab.evaluate(() => localStorage.isotherm_optout), "1", "only the visitor opts in again");
    await back.click();
    await back.waitFor({ state: "hidden" });
    assert.equal(await tab.evaluate(() => localStorage.length), 0);
    assert.deepEqual(server.posts(), []);
  }));

test("the page's listeners are no listeners for keys, input, composition, clipboard or change", () =>
  visit("/p", async (tab, context) => {
    const session = await context.newCDPSession(tab);
    const types = new Set();
    for (const expression of ["window", "document", "document.documentElement", "document.body", "document.getElementById('buy')", "navigator", "history", "window.navigation"]) {
      const { result } = await session.send("Runtime.evaluate", { expression });
      const { listeners } = await session.send("DOMDebugger.getEventListeners", { objectId: result.objectId, depth: -1, pierce: true });
      for (const { type } of listeners) types.add(type);
    }
    assert.deepEqual([...types].sort(), ["click", "currententrychange", "hashchange", "pagehide", "pageshow", "pointerdown", "scroll", "touchend", "visibilitychange"]);
  }));

test("two builds give the same bytes, which are those of dist/", async () => {
  const [one, two] = [await built(), await built()];
  assert.deepEqual(one, two);
  for (const [name, bytes] of one) assert.ok(bytes.equals(dist(name)), name);
  assert.match(integrity(one[0][1]), /^sha384-[\w+/]{64}$/);
});
