// Share links from end to end: made in the dashboard, opened by a stranger, revoked for good; and what elements tell of
// being seen, on the real engine.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { beacon, head, post, said } from "../lib/beacons.js";
import { launch } from "../lib/browser.js";
import { go, logIn, openDesk, picture, seriousFaults, shown } from "../lib/desk.js";
import { rows } from "../lib/engine.js";
import { send, type Answer } from "../lib/http.js";
import { addressIn, addSite, Embedded, json, telling, type Site } from "../lib/installation.js";
import { until } from "../lib/until.js";

const ORIGIN = "https://heath.example";
const PAGES = ["/offer", "/contact"] as const;
const PASSWORD = "an open moor";
/** Page views of each page that become cohorts, and as many more that are in none yet. */
const VIEWS = 60;
/** Days between the landing that is sealed and today. */
const AGO = 3;

let installation: Embedded;
let browser: Browser;
let site: Site;
let admin: string;
let tab: Page;
/** The link that the journey makes: one page, with a password. */
let link: string;
const backups = mkdtempSync(join(tmpdir(), "isotherm-backup-"));

before(async () => {
  [installation, browser] = await Promise.all([Embedded.start(), launch()]);
  site = await addSite(installation, "heath", ORIGIN);
  const made = await installation.cli("token", "create", "--site", site.key, "--admin", "--json");
  admin = (JSON.parse(made.stdout) as { token: string }).token;
  await visit();
  await until("all is counted", async () => (await views("pages"))[1] === VIEWS);
  const landing = await rows<{ id: string }>(installation.store(), "SELECT DISTINCT toYYYYMMDD(landing)::String AS id FROM live");
  const older = `SELECT * REPLACE (landing - ${AGO} AS landing, if(kind >= 'page', day - ${AGO}, day) AS day) FROM live`;
  await rows(installation.store(), `INSERT INTO live ${older}`);
  for (const { id } of landing) await rows(installation.store(), `ALTER TABLE live DROP PARTITION ID '${id}'`);
  assert.equal((await installation.cli("seal")).code, 0);
  await visit();
  await until("today's is counted", async () => (await views("pages"))[1] === 2 * VIEWS);
});
after(async () => {
  await browser?.close();
  await installation?.stop();
  rmSync(backups, { recursive: true, force: true });
});

/** Each page view clicks one element, and two thirds see another that nobody clicks. */
async function visit(): Promise<void> {
  const name = (text: string): string => `[data-isotherm="${text}"]`;
  const exposed = (text: string): object => ({ layer: "exposure", n: 1, first: 24, anchor: name(text), sub: [0, 0] });
  for (const path of PAGES) {
    const sent = Array.from({ length: VIEWS }, (_, i) => {
      const seen = i % 3 === 0 ? [] : [exposed("call"), exposed("note")];
      const clicked = i % 2 === 0 ? [{ layer: "click", cell: [30, 4], n: 1, first: 31, anchor: name("call"), sub: [1, 1] }] : [];
      const body = beacon({ site: site.key, path, cell: [0, 0] }, { places: [...clicked, ...seen] });
      return post(installation.collectOrigin(), body, head(ORIGIN, addressIn("DE", i)));
    });
    for (const answer of await Promise.all(sent)) assert.deepEqual(said(answer), { status: 204, outcome: "admitted" });
  }
}

/** Page views of each page, to the site's own token. */
const views = async (question: string): Promise<number[]> => (await json<{ views: number }[]>(installation, site, question)).map((page) => page.views);

const call = (method: string, path: string, token: string | undefined, body?: object): Promise<Answer> => {
  const headers = { "content-type": "application/json", ...(token ? { authorization: `Bearer ${token}` } : {}) };
  return send(installation.apiOrigin() + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
};
const said200 = (answer: Answer): unknown => (assert.equal(answer.status, 200), JSON.parse(answer.body.toString()));
const open = (url: string, password?: string): Promise<Answer> =>
  call("POST", "/api/v1/shared", undefined, { secret: url.split("/").pop(), ...(password ? { password } : {}) });
const inDays = (days: number): string => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10);

/** A link to the whole site, made through the API. */
async function wholeSite(): Promise<{ id: string; url: string }> {
  const made = await call("POST", `/api/v1/sites/${site.key}/shares`, admin, { expires: inDays(7) });
  assert.equal(made.status, 201);
  return JSON.parse(made.body.toString()) as { id: string; url: string };
}

test("the owner shares a page from its view, with a password and an end", () =>
  telling(installation, async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    tab = await logIn(context, installation.proxy.origin, { ...site, token: admin });
    await go(tab, `page?path=${PAGES[0]}`);
    await tab.click("main a:text-is('Share')");
    await tab.waitForSelector("form[aria-label='New share link']");
    await shown(tab);
    assert.equal(await tab.inputValue("input[name=page]"), PAGES[0]);
    await tab.fill("input[name=password]", PASSWORD);
    await tab.click("text=Make a link");
    link = await tab.innerText(".verdict code");
    assert.match(link, new RegExp(`^${installation.proxy.origin}/#/shared/isl_[\\w-]{43}$`));
    await tab.waitForSelector("[aria-label='Share links'] tbody tr");
    assert.match(await tab.innerText("[aria-label='Share links'] tbody"), /\/offer[^]*yes/);
    assert.deepEqual(await seriousFaults(tab), []);
    await picture(tab, "share-link-made");
  }));

test("a stranger sees that page in cohorts, after its password, and the browser keeps nothing", () =>
  telling(installation, async () => {
    const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
    const asked: string[] = [];
    context.on("request", (request) => asked.push(`${request.url()} ${request.headers()["referer"] ?? ""}`));
    const page = await context.newPage();
    await page.goto(link);
    await page.fill("input[name=password]", "an open door");
    await page.keyboard.press("Enter");
    await page.waitForSelector("[role=alert]");
    assert.match(await page.innerText("[role=alert]"), /not the link's password/);
    assert.deepEqual(await seriousFaults(page), [], "password");
    await picture(page, "shared-password");
    await page.fill("input[name=password]", PASSWORD);
    await page.keyboard.press("Enter");
    await page.waitForSelector(".heat canvas");
    await shown(page);
    assert.equal(await page.innerText("h1"), PAGES[0]);
    assert.equal(await page.innerText(".covered strong"), String(VIEWS), "today's are in no cohort");
    assert.equal(await page.locator("nav, .crumb, main .primary").count(), 0, "no way anywhere else");
    assert.ok(!(await page.innerText("body")).includes(PAGES[1]));
    assert.deepEqual(await seriousFaults(page), []);
    await picture(page, "shared-page");
    await page.setViewportSize({ width: 390, height: 844 });
    assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= 390);
    assert.deepEqual(await context.cookies(), []);
    assert.equal(await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }])), "[{},{}]");
    assert.ok(asked.length > 6 && asked.every((address) => !address.includes("isl_")), "the secret stands in no address that is asked");
    await context.close();
  }));

test("the picture of countries is public while its owner says so, with the code to embed it", () =>
  telling(installation, async () => {
    const picture = async (): Promise<number> => (await send(`${installation.apiOrigin()}/widget/${site.key}/countries.svg`)).status;
    assert.equal(await picture(), 404);
    await go(tab, "access");
    await tab.click("text=Private: make it public");
    await tab.waitForSelector("img.widget");
    assert.equal(await picture(), 200);
    const code = (): Promise<string> => tab.locator("section:has(img.widget) pre code").innerText();
    const address = `${installation.proxy.origin}/widget/${site.key}/countries.svg`;
    assert.equal(await code(), `<img src="${address}" alt="Where our page views come from" width="800" height="450">`);
    await tab.click("button:text-is('Badge')");
    assert.match(await code(), /countries\.svg\?size=badge".* width="200" height="97">$/);
    await tab.waitForFunction(() => {
      const { naturalWidth, naturalHeight } = document.querySelector<HTMLImageElement>("img.widget")!;
      // The code says the size that it has.
      return naturalWidth === 200 && naturalHeight === 97;
    });
    await tab.click("text=Public: make it private");
    await tab.waitForSelector("img.widget", { state: "detached" });
    assert.equal(await picture(), 404);
  }));

test("a revoked link is closed at once to who has it open, and a restore does not bring it back", () =>
  telling(installation, async () => {
    const [kept, gone] = [await wholeSite(), await wholeSite()];
    const { bearer } = said200(await open(gone.url)) as { bearer: string };
    const pages = `/api/v1/sites/${site.key}/pages`;
    const sealed = said200(await call("GET", pages, bearer)) as { views: number }[];
    assert.deepEqual(sealed.map((page) => page.views), [VIEWS, VIEWS]);
    const dir = join(backups, "one");
    assert.equal((await installation.cli("backup", dir)).code, 0);
    await go(tab, "overview");
    await go(tab, "access");
    await tab.click(`[aria-label="Revoke ${gone.id}"]`);
    await tab.click("text=Revoke for ever");
    await tab.waitForSelector(`tr:has-text("${gone.id}")`, { state: "detached" });
    assert.equal((await call("GET", pages, bearer)).status, 401);
    assert.equal((await open(gone.url)).status, 401);
    const acts = (await installation.cli("audit", "list", "--json")).stdout;
    assert.match(acts, /share create/);
    assert.match(acts, new RegExp(`share revoke[^]*${gone.id}|${gone.id}[^]*share revoke`));
    await installation.end();
    const restored = await installation.cli("restore", dir, "--replace");
    assert.equal(restored.code, 0, restored.stderr);
    await installation.launch();
    assert.equal((await open(gone.url)).status, 401, "revoked");
    assert.equal((await open(kept.url)).status, 200, "not revoked");
    assert.equal((await open(link)).status, 401, "without its password");
    assert.equal((await open(link, PASSWORD)).status, 200);
    const stranger = await openDesk(await browser.newContext(), installation.proxy.origin, gone.url.split("#/")[1]);
    await stranger.waitForSelector("[role=alert]");
    assert.match(await stranger.innerText("[role=alert]"), /opens nothing/);
    await stranger.context().close();
  }));

test("elements tell how often they are seen, and clicked where they are seen", () =>
  telling(installation, async () => {
    const { elements } = await json<{ elements: Record<string, unknown>[] }>(installation, site, `elements?page=${PAGES[0]}&sealed=only`);
    const rounded = elements.map(({ anchor, clicks, click_rate, exposure_rate, attractiveness }) => ({
      anchor,
      clicks,
      rates: [click_rate, exposure_rate, attractiveness].map((rate) => (typeof rate === "number" ? Math.round(1_000 * rate) : rate)),
    }));
    // 30 of 60 click it and 40 see it; what is seen and never clicked is in no list of clicks.
    assert.deepEqual(rounded, [{ anchor: '[data-isotherm="call"]', clicks: VIEWS / 2, rates: [500, 667, 750] }]);
    const map = await json<{ elements: { anchor: string; views: number }[] }>(installation, site, `heatmap?page=${PAGES[0]}&layer=exposure&sealed=only`);
    assert.deepEqual(
      map.elements.map(({ anchor, views: seen }) => [anchor, seen]).sort(),
      [['[data-isotherm="call"]', 40], ['[data-isotherm="note"]', 40]],
    );
  }));
