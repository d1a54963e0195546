// A real click becomes heat: one body for every installation. Chromium clicks the example shop at places that the test
// knows; what is answered has to be what the test itself counted, to the last cell.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import * as expected from "../lib/expected.js";
import { addSite, ask, json, outcomes, telling, type Installation, type Site } from "../lib/installation.js";
import { outFile } from "../lib/paths.js";
import { pictureOf } from "../lib/png.js";
import { serveShop } from "../lib/shop.js";
import { DEADLINE_MS, until } from "../lib/until.js";
import { area, visitAll, whole, WINDOWS, type Plan } from "../lib/visits.js";

const SITE = "tarnmoor";

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

/** Opens the shop, clicks it, posts what Chromium sent again, and compares every answer. */
export async function aRealClickBecomesHeat(installation: Installation): Promise<void> {
  const shop = await serveShop();
  try {
    await telling(installation, async () => {
      const site = await addSite(installation, SITE, shop.origin);
      shop.tag = site.tag;
      const { views, again } = await visitAll(installation, shop, PLANS);
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

/** The window that an answer speaks of by default: from the first of last month to today. */
function defaultWindow(): { from: string; to: string } {
  const now = new Date();
  const from = new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() - 1, 1));
  return { from: from.toISOString().slice(0, 10), to: now.toISOString().slice(0, 10) };
}

/** Waits until the answer is the expected one; what differs is shown when it never is. */
async function isAnswered(installation: Installation, site: Site, question: string, wanted: object): Promise<void> {
  const same = async (): Promise<boolean> => {
    assert.deepEqual(timeless(await json(installation, site, question)), timeless(wanted));
    return true;
  };
  await until(`${question} is answered as counted`, same, DEADLINE_MS / 4).catch(async () => {
    assert.deepEqual(timeless(await json(installation, site, question)), timeless(wanted), question);
  });
}

interface Timed {
  attention?: { from: number; to: number; views: number; seconds: number }[];
  reach?: unknown;
  views?: number;
  withheld?: { reason: string } | null;
}

/**
 * An answer without the time in view: a visit's seconds are the machine's. So is whether a tenth of the page has too few page
 * views to be shown. What can be said of both is said here.
 */
function timeless({ attention = [], ...rest }: Timed): object {
  for (const { from, to, views, seconds } of attention) {
    assert.ok(from % 10 === 0 && to === from + 10 && to <= 100, `a band from ${from} to ${to}`);
    assert.ok(views >= expected.K && views <= (rest.views ?? 0) && seconds >= views, `${seconds} s in ${views} page views`);
  }
  return rest.reach && rest.withheld?.reason === "below_k" ? { ...rest, withheld: null } : rest;
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
  await isAnswered(installation, site, "pages", largestFirst(pages.map((path) => ({ path, group: false, ...sums({ page: path }) }))));
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
