// Who administers a site changes it in the dashboard: its rules, origins, retention and networks; and what is refused is said.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { beacon, head, post, said } from "../lib/beacons.js";
import { launch } from "../lib/browser.js";
import { go, logIn, picture, seriousFaults, shown } from "../lib/desk.js";
import { rows } from "../lib/engine.js";
import { addressIn, addSite, ask, Embedded, telling, type Site } from "../lib/installation.js";
import { until } from "../lib/until.js";

const [ORIGIN, OTHER] = ["https://quarry.example", "https://shop.quarry.example"];
/** Page views that become one cohort, and days between the landing that is sealed and today. */
const VIEWS = 30;
const AGO = 3;

let installation: Embedded;
let browser: Browser;
let site: Site;
let reader: Site;
let tab: Page;

before(async () => {
  [installation, browser] = await Promise.all([Embedded.start(), launch()]);
  reader = await addSite(installation, "quarry", ORIGIN);
  const made = await installation.cli("token", "create", "--site", reader.key, "--admin", "--json");
  site = { ...reader, token: (JSON.parse(made.stdout) as { token: string }).token };
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: "reduce" });
  tab = await logIn(context, installation.proxy.origin, site);
});
after(async () => {
  await browser?.close();
  await installation?.stop();
});

/** What becomes of a beacon. */
async function outcome(path: string, origin = ORIGIN): Promise<string | undefined> {
  const body = beacon({ site: site.key, path, cell: [0, 0] });
  return said(await post(installation.collectOrigin(), body, head(origin, addressIn("DE", 1)))).outcome;
}

/** The texts of the settings as the API answers them. */
async function answer<T>(what: string): Promise<T> {
  return JSON.parse((await ask(installation, site, what)).body.toString()) as T;
}

const section = (name: string): string => `section:has(h2:text-is("${name}"))`;
const says = (name: string, text: string): Promise<unknown> => tab.waitForSelector(`${section(name)} :is([role=status], [role=alert]):has-text("${text}")`);

test("who may only read is told how to come by more", () =>
  telling(installation, async () => {
    const context = await browser.newContext();
    const page = await logIn(context, installation.proxy.origin, reader);
    await go(page, "site");
    assert.match(await page.innerText("main"), /may read, not administer/);
    assert.equal(await page.locator("main form").count(), 0);
    for (const what of ["rules", "networks", "retention"]) assert.equal((await ask(installation, reader, what)).status, 403);
    await context.close();
  }));

test("the view shows the key, the tag and the origins, and changes the origins at once", () =>
  telling(installation, async () => {
    await tab.click("nav >> text=Site");
    await shown(tab);
    assert.match(await tab.innerText("main"), /Its key is quarry/);
    assert.equal(await tab.innerText("main .copy code"), site.tag);
    assert.equal(await tab.inputValue("textarea[name=origins]"), ORIGIN);
    assert.equal(await outcome("/", OTHER), "origin");
    for (const [typed, line, bad] of [
      [`${ORIGIN}\nquarry`, 2, "quarry"],
      [`${ORIGIN}\n\n  ${OTHER}\nhttps://quarry.example/shop`, 4, "https://quarry.example/shop"],
      [`<img src=x>\n${ORIGIN}`, 1, "<img"],
    ] as const) {
      await tab.fill("textarea[name=origins]", typed);
      await tab.click("text=Save the origins");
      await says("Origins", `Line ${line}, “${bad}”: not an origin such as https://shop.example`);
      assert.equal(await tab.inputValue("textarea[name=origins]"), typed, "what was typed stays");
    }
    await picture(tab, "site-bad-origin");
    assert.equal(await outcome("/", OTHER), "origin", "what was refused changes nothing");
    await tab.fill("textarea[name=origins]", `${ORIGIN}\n${OTHER}`);
    await tab.click("text=Save the origins");
    await says("Origins", "Saved.");
    assert.equal(await outcome("/", OTHER), "admitted");
    assert.deepEqual((await answer<{ origins: string[] }>("settings")).origins, [ORIGIN, OTHER]);
  }));

test("a rule is added, listed in its order and removed", () =>
  telling(installation, async () => {
    const add = async (pattern: string, action: string, first: boolean): Promise<void> => {
      await tab.fill("input[name=pattern]", pattern);
      await tab.selectOption("select[name=action]", action);
      await tab.setChecked("input[name=first]", first);
      await tab.click("text=Add the rule");
    };
    const listed = (): Promise<string[]> => tab.locator("table.rules tbody tr").evaluateAll((all) => all.map((row) => [...row.children].slice(0, 3).map((cell) => (cell as HTMLElement).innerText).join(" ")));
    await add("admin", "drop", false);
    await says("Page rules", "A pattern starts with a slash");
    await add("/product/*", "group", false);
    await says("Page rules", "The rule /product/* holds");
    await add("/<img src=x>", "drop", false);
    await says("Page rules", "The rule /<img src=x> holds");
    await add("/admin/**", "drop", true);
    await until("all are listed", async () => (await listed()).length === 3);
    assert.deepEqual(await listed(), ["1 /admin/** are not measured", "2 /product/* are counted as one page", "3 /<img src=x> are not measured"]);
    assert.equal(await tab.locator("main img").count(), 0);
    assert.equal(await outcome("/admin/users"), "rule");
    await tab.click('[aria-label="Remove /admin/**"]');
    await tab.click("text=Remove the rule");
    await says("Page rules", "The rule /admin/** is removed");
    await until("it is gone", async () => (await listed()).length === 2);
    assert.equal(await outcome("/admin/users"), "admitted");
  }));

test("a list that would lock its maker out is refused in words; one that holds them is kept", () =>
  telling(installation, async () => {
    const save = async (networks: string): Promise<void> => {
      await tab.fill("textarea[name=allow_ip]", networks);
      await tab.click("text=Save the networks");
    };
    await save("127.0.0.1\noffice");
    await says("Networks", "Line 2, “office”: neither an address nor a network");
    await save("10.20.30.0/24");
    await says("Networks", "This list would lock you out");
    assert.deepEqual(await answer("networks"), { allow_ip: [] });
    await tab.locator(section("Networks")).scrollIntoViewIfNeeded();
    await picture(tab, "site-locked-out");
    await save("0.0.0.0/0 ::/0");
    await says("Networks", "Saved.");
    assert.deepEqual(await answer("networks"), { allow_ip: ["0.0.0.0/0", "::/0"] });
    assert.equal((await ask(installation, site, "pages")).status, 200);
    await save("");
    await says("Networks", "from any network");
  }));

/** Page views of long ago and of some days ago, sealed. */
async function sealed(): Promise<void> {
  for (const [ago, all] of [
    [200, VIEWS],
    [AGO, 2 * VIEWS],
  ] as const) {
    for (let n = 0; n < VIEWS; n++) assert.equal(await outcome("/sealed"), "admitted");
    const today = "(SELECT * FROM live WHERE landing = toDate(now('UTC')))";
    await until("page views are counted", async () => {
      const [found] = await rows<{ n: number }>(installation.store(), "SELECT sum(n)::UInt32 AS n FROM live WHERE kind = 'grid' AND layer = 4");
      return (found?.n ?? 0) >= all;
    });
    const [{ id } = { id: "" }] = await rows<{ id: string }>(installation.store(), "SELECT toYYYYMMDD(toDate(now('UTC')))::String AS id");
    await rows(installation.store(), `INSERT INTO live SELECT * REPLACE (landing - ${ago} AS landing, if(kind >= 'page', day - ${ago}, day) AS day) FROM ${today}`);
    await rows(installation.store(), `ALTER TABLE live DROP PARTITION ID '${id}'`);
  }
  assert.equal((await installation.cli("seal")).code, 0);
}

test("a shorter retention says what goes and when, and nothing goes without a word", () =>
  telling(installation, async () => {
    await sealed();
    await tab.reload();
    await shown(tab);
    const known = await answer<{ months: number; oldest: string; sealed_to: string }>("retention");
    const text = (): Promise<string> => tab.innerText(section("How long counts are kept"));
    assert.ok((await text()).includes(`from ${known.oldest} to ${known.sealed_to}`));
    const [year = 0, month = 0] = known.sealed_to.split("-").map(Number);
    const before = new Date(Date.UTC(year, month - 4, 1)).toISOString().slice(0, 10);
    const choose = async (months: number, then: string): Promise<void> => {
      await tab.fill("input[name=months]", String(months));
      await tab.selectOption("select[name=then]", then);
      await tab.click('button:text-is("Change")');
    };
    await choose(12, "delete");
    await says("How long counts are kept", "Nothing that is there now is that old.");
    await tab.click("text=Leave it as it is");
    await until("the form shows what holds", async () => (await tab.inputValue("input[name=months]")) === "25");
    await choose(3, "delete");
    await says("How long counts are kept", `Sealed counts of before ${before} are deleted for good.`);
    assert.ok((await text()).includes(known.oldest) && (await text()).includes("begins within minutes"));
    assert.equal((await answer<{ months: number }>("retention")).months, 25, "nothing yet");
    for (const colorScheme of ["dark", "light"] as const) {
      await tab.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      assert.deepEqual(await seriousFaults(tab), [], `the question, ${colorScheme}`);
    }
    await tab.locator(section("How long counts are kept")).scrollIntoViewIfNeeded();
    await picture(tab, "site-retention");
    await tab.click("text=Delete for ever");
    await says("How long counts are kept", "Saved.");
    await until("it holds", async () => (await text()).includes("3 whole months"));
    assert.equal((await answer<{ months: number }>("retention")).months, 3);
  }));

test("the audit trail has who did it, and no pattern and no network", async () => {
  const { stdout } = await installation.cli("audit", "list", "--json");
  const acts = (JSON.parse(stdout) as { who: string; act: string }[]).filter(({ who }) => who !== "command line");
  const count = (what: string): number => acts.filter(({ act }) => act === what).length;
  assert.deepEqual(["site origins", "rules", "site access", "site retention"].map(count), [1, 4, 2, 1]);
  assert.equal(new Set(acts.map(({ who }) => who)).size, 1);
  assert.ok(!/product|10\.20|0\.0\.0\.0/.test(stdout));
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe-core finds nothing serious in the view, ${colorScheme}, nor on a phone, where it does not scroll sideways`, () =>
    telling(installation, async () => {
      await tab.emulateMedia({ colorScheme, reducedMotion: "reduce" });
      for (const [name, viewport] of Object.entries({ [colorScheme]: { width: 1440, height: 1900 }, [`phone-${colorScheme}`]: { width: 390, height: 2700 } })) {
        await tab.setViewportSize(viewport);
        await go(tab, "site");
        assert.deepEqual(await seriousFaults(tab), [], name);
        const wide = await tab.evaluate(() => document.documentElement.scrollWidth);
        assert.ok(wide <= viewport.width, `${name} is ${wide} px wide`);
        await picture(tab, `site-admin-${name}`);
      }
    }));
}
