// A real click becomes heat: one body for every installation. Chromium clicks the example shop at places that the test
// knows; what is answered has to be what the test itself counted, to the last cell.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { Agent } from "node:http";
import type { BrowserContext } from "playwright-core";
import { launch } from "../lib/browser.js";
import * as expected from "../lib/expected.js";
import { addressIn, addSite, ask, json, outcomes, telling, type Country, type Installation, type Site } from "../lib/installation.js";
import { outFile } from "../lib/paths.js";
import { pictureOf } from "../lib/png.js";
import { serveShop, type Shop } from "../lib/shop.js";
import { DEADLINE_MS, until } from "../lib/until.js";
import { installFind, Visit, type Done, type Target } from "../lib/visit.js";

const SITE = "tarnmoor";

/** The windows, and what a visitor points with in each. */
const WINDOWS = [
  { viewport: "phone", width: 390, height: 844, layer: "tap" },
  { viewport: "tablet", width: 768, height: 1024, layer: "click" },
  { viewport: "desktop", width: 1440, height: 900, layer: "click" },
] as const;
type Window = (typeof WINDOWS)[number];

const whole = (css: string, at: [number, number], more: Partial<Target> = {}): Target => ({ css, anchor: css, at, interactive: true, ...more });
const area = (css: string, at: [number, number]): Target => whole(css, at, { interactive: false });

/** A visit: what is clicked, where a link leads at the end, and how often its beacons are posted again. */
interface Plan {
  page: string;
  targets: Target[];
  link?: Target;
  leadsTo?: string;
  again: number;
}

/** What is done on the two pages. The anchors are what the contract's rules make of the shop's markup. */
const PLANS: Plan[] = [
  {
    page: "/product/teapot",
    targets: [
      area('[data-isotherm="gallery"]', [4, 2]),
      whole(".thumb:nth-of-type(3)", [2, 4], { anchor: 'button[type="button"].thumb:nth-of-type(3)' }),
      area("h1", [1, 4]),
      whole("label:nth-of-type(2)", [6, 4]),
      whole("#amount >>> #more", [4, 3], { times: 2 }),
      whole("#buy", [5, 4]),
    ],
    again: 34,
  },
  {
    page: "/product/teapot",
    targets: [
      whole("#buy", [1, 2]),
      whole('[data-isotherm="wish"]', [3, 4]),
      whole("#tab-measures", [4, 3]),
      whole("#tab-story", [2, 5]),
    ],
    again: 21,
  },
  {
    // Fewer than an answer shows a place for: squares merge, positions are left out.
    page: "/product/teapot",
    targets: [whole("#buy", [6, 5]), whole('[data-isotherm="wish"]', [5, 3]), area("h1", [2, 5])],
    again: 2,
  },
  {
    page: "/products",
    targets: [
      area("h1", [0, 4]),
      whole("#filter-all", [4, 4]),
      area('[data-isotherm="gift-note"]', [1, 2]),
      area('[data-isotherm="footer"]', [2, 0]),
    ],
    link: whole('[data-isotherm="card-teapot"]', [4, 5]),
    leadsTo: "/product/teapot",
    again: 34,
  },
  {
    page: "/products",
    targets: [whole("#filter-wood", [4, 3]), whole("#filter-clay", [1, 4]), whole("#filter-all", [7, 4])],
    again: 21,
  },
];

/** From where the page views come, in turn. */
const FROM: Country[] = ["DE", "FR", "DE", "JP", "DE", "FR"];

/** Opens the shop, clicks it, posts what Chromium sent again, and compares every answer. */
export async function aRealClickBecomesHeat(installation: Installation): Promise<void> {
  const shop = await serveShop();
  try {
    await telling(installation, async () => {
      const site = await addSite(installation, SITE, shop.origin);
      shop.tag = site.tag;
      const { views, again } = await visitAll(installation, shop);
      const { admitted } = await outcomes(installation);
      assert.equal(admitted, installation.proxy.beacons().length + again, "every beacon is admitted, none twice");
      await statusIsRight(installation, site, admitted);
      await answersAreRight(installation, site, views);
      const verified = await installation.cli("verify");
      assert.equal(verified.code, 0, verified.stdout + verified.stderr);
      await tablesAreRight(installation, site, views);
      await picturesAreRight(installation, site);
    });
  } finally {
    await shop.close();
  }
}

/** Where visits take place. */
interface Scene {
  installation: Installation;
  shop: Shop;
  context: BrowserContext;
  window: Window;
  agent: Agent;
}

/** What has to be counted, and how many beacons were posted again for it. */
interface Seen {
  views: expected.View[];
  again: number;
}

async function visitAll(installation: Installation, shop: Shop): Promise<Seen> {
  const browser = await launch();
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const seen: Seen[] = [];
  try {
    for (const window of WINDOWS) {
      const touch = window.layer === "tap";
      const viewport = { width: window.width, height: window.height };
      const context = await browser.newContext({ viewport, hasTouch: touch, isMobile: touch, reducedMotion: "reduce" });
      await context.addInitScript(installFind);
      for (const plan of PLANS) seen.push(await visitOnce({ installation, shop, context, window, agent }, plan));
      await context.close();
    }
  } finally {
    agent.destroy();
    await browser.close();
  }
  return { views: seen.flatMap(({ views }) => views), again: seen.reduce((sum, { again }) => sum + again, 0) };
}

/** One visit in Chromium, then as many more as its beacons are posted again. */
async function visitOnce({ installation: { proxy }, shop, context, window, agent }: Scene, plan: Plan): Promise<Seen> {
  const seenFrom = (i: number): Country => FROM[i % FROM.length] ?? "DE";
  const since = proxy.passed.length;
  proxy.address = addressIn(seenFrom(0), 0);
  const done = await act(shop, context, window, plan);
  const clicks = done.flatMap((one) => one.done.clicks).length;
  const came = `${clicks} clicks on ${plan.page} at ${window.viewport} have come`;
  const beacons = await until(came, () => complete(proxy.beacons(since), clicks, done.length));
  const views: Record<Country, number> = { DE: 0, FR: 0, JP: 0 };
  views[seenFrom(0)]++;
  for (let i = 1; i <= plan.again; i++) {
    views[seenFrom(i)]++;
    const answers = await Promise.all(beacons.map((beacon) => proxy.again(beacon, addressIn(seenFrom(i), i), agent)));
    for (const { status } of answers) assert.equal(status, 204);
  }
  const { viewport, layer } = window;
  return {
    views: done.map((one) => ({ page: one.page, viewport, layer, ...one.done, views })),
    again: plan.again * beacons.length,
  };
}

/** The visit itself, page by page. */
async function act(shop: Shop, context: BrowserContext, { layer }: Window, plan: Plan): Promise<{ page: string; done: Done }[]> {
  const visit = await Visit.open(context, shop.origin + plan.page, layer);
  for (const target of plan.targets) await visit.click(target);
  const done = [{ page: plan.page, done: visit.result() }];
  if (plan.link && plan.leadsTo) {
    await visit.click(plan.link, true);
    await visit.tab.waitForURL(shop.origin + plan.leadsTo, { waitUntil: "load" });
    done.push({ page: plan.leadsTo, done: (await Visit.of(visit.tab, layer)).result() });
  }
  await visit.close();
  return done;
}

/** The beacons, once all page views have begun and all clicks are in; only to know when to go on. */
function complete<T extends { body: Buffer; status: number }>(beacons: T[], clicks: number, pageViews: number): T[] | false {
  const bodies = beacons.map(({ body }) => JSON.parse(body.toString()) as { view: boolean; places: { layer: string; n: number }[] });
  const acts = bodies.flatMap(({ places }) => places).filter(({ layer }) => layer === "click" || layer === "tap");
  const came = acts.reduce((sum, { n }) => sum + n, 0);
  const begun = bodies.filter(({ view }) => view).length;
  return came >= clicks && begun >= pageViews && beacons.every(({ status }) => status !== 0) ? beacons : false;
}

/** The window that an answer speaks of by default: from the first of last month to today. */
function defaultWindow(): { from: string; to: string } {
  const now = new Date();
  const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
  return { from: from.toISOString().slice(0, 10), to: now.toISOString().slice(0, 10) };
}

/** Waits until the answer is the expected one; what differs is shown when it never is. */
async function isAnswered(installation: Installation, site: Site, question: string, wanted: object): Promise<void> {
  const same = async (): Promise<boolean> => {
    assert.deepEqual(await json(installation, site, question), wanted);
    return true;
  };
  await until(`${question} is answered as counted`, same, DEADLINE_MS / 4).catch(async () => {
    assert.deepEqual(await json(installation, site, question), wanted, question);
  });
}

/** The installation check says what arrived, whichever process it arrived at. */
async function statusIsRight(installation: Installation, site: Site, admitted: number | undefined): Promise<void> {
  interface Status {
    site: string;
    outcomes: Record<string, number>;
    since: string | null;
    last_admitted_hour: string | null;
  }
  const status = (): Promise<Status> => json<Status>(installation, site, "status");
  const shown = async (): Promise<Status | false> => {
    const now = await status();
    return now.outcomes["admitted"] === admitted && now;
  };
  const { outcomes: listed, since, last_admitted_hour: last } = await until("status shows every admitted beacon", shown, DEADLINE_MS / 2);
  const wanted = Object.fromEntries(Object.keys(listed).map((outcome) => [outcome, outcome === "admitted" ? admitted : 0]));
  assert.deepEqual(listed, wanted, "nothing was dropped, and nothing is counted twice");
  assert.ok(since && last && since <= last && Date.parse(last) <= Date.now(), `${since} to ${last}`);
}

async function answersAreRight(installation: Installation, site: Site, views: expected.View[]): Promise<void> {
  const pages = [...new Set(views.map(({ page }) => page))];
  for (const page of pages) {
    const narrowings: { query: string; narrowed: expected.Narrowed }[] = [
      { query: "", narrowed: { page } },
      { query: "&layer=click", narrowed: { page, layers: ["click"] } },
      { query: "&layer=tap", narrowed: { page, layers: ["tap"] } },
      ...WINDOWS.map(({ viewport }) => ({ query: `&viewport=${viewport}`, narrowed: { page, viewport } })),
      ...(["DE", "FR", "JP"] as const).map((country) => ({ query: `&country=${country}`, narrowed: { page, country } })),
    ];
    for (const { query, narrowed } of narrowings) {
      const wanted = { ...defaultWindow(), ...expected.heatmap(views, narrowed) };
      await isAnswered(installation, site, `heatmap?page=${page}${query}`, wanted);
      if (narrowed.layers) continue;
      await isAnswered(installation, site, `scroll?page=${page}${query}`, { ...defaultWindow(), ...expected.scroll(views, narrowed) });
    }
  }
  const sums = (narrowed: expected.Narrowed): { views: number; clicks: number } => ({
    views: expected.pageViews(views, narrowed),
    clicks: expected.clicks(views, narrowed),
  });
  const largestFirst = <T extends { views: number }>(lines: T[]): T[] => lines.sort((one, other) => other.views - one.views);
  await isAnswered(installation, site, "pages", largestFirst(pages.map((path) => ({ path, ...sums({ page: path }) }))));
  for (const page of pages) {
    const countries = (["DE", "FR", "JP"] as const).map((country) => ({ country, ...sums({ page, country }) }));
    await isAnswered(installation, site, `countries?page=${page}`, largestFirst(countries));
    const viewports = WINDOWS.map(({ viewport }) => ({ viewport, ...sums({ page, viewport }) }));
    await isAnswered(installation, site, `viewports?page=${page}`, viewports);
  }
}

async function tablesAreRight(installation: Installation, site: Site, views: expected.View[]): Promise<void> {
  const question = "heatmap?page=/products&viewport=desktop";
  const answer = await ask(installation, site, question, "text/csv");
  assert.equal(answer.status, 200);
  assert.match(answer.headers["content-type"] ?? "", /^text\/csv/);
  const wanted = expected.heatmapCsv(expected.heatmap(views, { page: "/products", viewport: "desktop" }));
  assert.deepEqual(answer.body.toString().trimEnd().split(/\r?\n/), wanted);
}

async function picturesAreRight(installation: Installation, site: Site): Promise<void> {
  for (const page of ["/products", "/product/teapot"]) {
    for (const { viewport } of WINDOWS) {
      const answer = await ask(installation, site, `heatmap?page=${page}&viewport=${viewport}`, "image/png");
      assert.equal(answer.status, 200);
      assert.equal(answer.headers["content-type"], "image/png");
      const picture = pictureOf(answer.body);
      assert.ok(picture.width > 100 && picture.height > 100, `${picture.width} by ${picture.height}`);
      assert.ok(picture.distinctBytes > 16, "a heat picture is not of one colour");
      writeFileSync(outFile(`heat-${installation.name}-${page.split("/").at(-1)}-${viewport}.png`), answer.body);
    }
  }
}
