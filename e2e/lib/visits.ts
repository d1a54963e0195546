// Many visits: each is made once in Chromium, then its beacons are posted again as from others.

import assert from "node:assert/strict";
import { Agent } from "node:http";
import type { BrowserContext } from "playwright-core";
import { launch } from "./browser.js";
import type { View } from "./expected.js";
import { addressIn, type Country, type Installation } from "./installation.js";
import type { Shop } from "./shop.js";
import { until } from "./until.js";
import { installFind, Visit, type Done, type Target } from "./visit.js";

/** The windows, and what a visitor points with in each. */
export const WINDOWS = [
  { viewport: "phone", width: 390, height: 844, layer: "tap" },
  { viewport: "tablet", width: 768, height: 1024, layer: "click" },
  { viewport: "desktop", width: 1440, height: 900, layer: "click" },
] as const;
export type Window = (typeof WINDOWS)[number];

/** A target that counts as a whole. */
export const whole = (css: string, at: [number, number], more: Partial<Target> = {}): Target => ({ css, anchor: css, at, interactive: true, ...more });
/** A target that nobody acts on. */
export const area = (css: string, at: [number, number]): Target => whole(css, at, { interactive: false });

/** A visit: what is clicked, where a link leads at the end, and how often its beacons are posted again. */
export interface Plan {
  page: string;
  targets: Target[];
  link?: Target;
  leadsTo?: string;
  again: number;
}

/** From where the page views come, in turn. */
const FROM: Country[] = ["DE", "FR", "DE", "JP", "DE", "FR"];

/** Where visits take place. */
interface Scene {
  installation: Installation;
  shop: Shop;
  context: BrowserContext;
  window: Window;
  agent: Agent;
}

/** What has to be counted, and how many beacons were posted again for it. */
export interface Seen {
  views: View[];
  again: number;
}

/** Makes every plan's visit in every window. */
export async function visitAll(installation: Installation, shop: Shop, plans: readonly Plan[]): Promise<Seen> {
  const browser = await launch();
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  const seen: Seen[] = [];
  try {
    for (const window of WINDOWS) {
      const touch = window.layer === "tap";
      const viewport = { width: window.width, height: window.height };
      const context = await browser.newContext({ viewport, hasTouch: touch, isMobile: touch, reducedMotion: "reduce" });
      await context.addInitScript(installFind);
      for (const plan of plans) seen.push(await visitOnce({ installation, shop, context, window, agent }, plan));
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
