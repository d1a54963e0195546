// The dashboard in Chromium, as an analyst has it.

import { readFileSync } from "node:fs";
import type { BrowserContext, Page } from "playwright-core";
import { outFile, TOP } from "./paths.js";
import type { Site } from "./installation.js";

export const VIEWS = ["overview", "page?path=/product/teapot", "compare?path=/product/teapot", "installation", "site", "access", "privacy"];

/** Milliseconds after which a part of the dashboard that does not appear is a failure. */
export const SHOWN_MS = 30_000;

const tenths = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
/** A share of page views as the dashboard writes it. */
export const percent = (share: number): string => `${tenths.format(100 * share)} %`;

/** Opens the dashboard in a new tab. */
export async function openDesk(context: BrowserContext, origin: string, view = ""): Promise<Page> {
  const tab = await context.newPage();
  tab.setDefaultTimeout(SHOWN_MS);
  await tab.goto(`${origin}/${view && `#/${view}`}`);
  return tab;
}

/** Opens it and logs in, with the keyboard alone: the token's field has the focus. */
export async function logIn(context: BrowserContext, origin: string, { token, key }: Site): Promise<Page> {
  const tab = await openDesk(context, origin);
  await tab.waitForSelector("input[name=token]:focus");
  await tab.keyboard.type(token);
  await tab.keyboard.press("Enter");
  await tab.waitForSelector(`.site:text-is("${key}")`);
  await shown(tab);
  return tab;
}

/** Goes to a view and waits until it is there. */
export async function go(tab: Page, view: string): Promise<void> {
  await tab.evaluate((fragment) => (location.hash = fragment), `#/${view}`);
  await shown(tab);
}

/** Waits until nothing is loading. */
export async function shown(tab: Page): Promise<void> {
  await tab.evaluate(() => new Promise((drawn) => requestAnimationFrame(() => requestAnimationFrame(drawn))));
  await tab.waitForFunction(() => document.querySelector("h1") && !document.querySelector('[aria-busy="true"]'));
}

/** Leaves a picture for people. */
export async function picture(tab: Page, name: string): Promise<void> {
  await tab.screenshot({ path: outFile(`dashboard-${name}.png`) });
}

const AXE = `${TOP}dashboard/node_modules/axe-core/axe.min.js`;

/** What axe-core calls serious or critical in a page, or in one element of it and its open shadow root, by rule, with the elements. */
export async function seriousFaults(tab: Page, within = ":root"): Promise<string[]> {
  await tab.evaluate(readFileSync(AXE, "utf8"));
  interface Found {
    violations: { id: string; impact: string; nodes: { target: (string | string[])[]; failureSummary: string }[] }[];
  }
  const { violations } = (await tab.evaluate(`axe.run(${JSON.stringify(within)}, { resultTypes: ['violations'] })`)) as Found;
  const serious = violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => `${id}: ${target.flat().join(" ")}: ${failureSummary}`));
}
