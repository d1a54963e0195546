// What a view says when it has no answer, and that it goes on afterwards.

import assert from "node:assert/strict";
import type { BrowserContext, Page, Route } from "playwright-core";
import { go, openDesk, picture, shown } from "../lib/desk.js";
import type { Installation, Site } from "../lib/installation.js";

/** A view, one of the questions that it asks, and what is there once all are answered. */
export type View = [view: string, asked: string, there: string];

export interface Failing {
  installation: Installation;
  site: Site;
  desk: BrowserContext;
  views: View[];
}

/** How a question is answered instead. */
type Answer = (route: Route) => Promise<void>;

/** Opens each view while one of its questions is answered like this; the view says so, shows no half, and goes on when asked again. */
export async function eachViewSays({ installation, desk, views }: Failing, words: string, answer: Answer): Promise<void> {
  for (const [view, asked, there] of views) {
    const tab = await desk.newPage();
    const question = new RegExp(`/api/v1/sites/[^/]+/${asked}($|\\?)`);
    await tab.route(question, answer);
    await tab.goto(`${installation.proxy.origin}/#/${view}`);
    await saysAndGoesOn(tab, view, there, words, () => tab.unroute(question));
    await tab.close();
  }
}

/** The same while the browser has no network at all. */
export async function eachViewSaysThatNothingAnswers({ installation, desk, views }: Failing): Promise<void> {
  for (const [view, , there] of views) {
    const tab = await openDesk(desk, installation.proxy.origin, "privacy");
    await shown(tab);
    await desk.setOffline(true);
    await go(tab, view);
    await saysAndGoesOn(tab, view, there, "The service does not answer. Is it running?", () => desk.setOffline(false));
    await tab.close();
  }
}

async function saysAndGoesOn(tab: Page, view: string, there: string, words: string, mend: () => Promise<void>): Promise<void> {
  await tab.waitForSelector(`[role=alert] :text-is(${JSON.stringify(words)})`);
  assert.equal(await tab.locator(there).count(), 0, `${view}: no half of it`);
  assert.equal(await tab.locator('main [aria-busy="true"]').count(), 0, `${view}: it does not seem to load`);
  if (view.startsWith("page")) await picture(tab, "page-failure");
  await mend();
  await tab.click('button:text-is("Try again")');
  await tab.waitForSelector(there);
  assert.equal(await tab.locator("[role=alert]").count(), 0, view);
}

/** Who logs out in one tab is asked for a token in the others, at their next question; and is then where they were. */
export async function theSessionEndsInAnotherTab({ installation, site, desk, views }: Failing): Promise<void> {
  for (const [view, , there] of views.filter(([view]) => !view.startsWith("compare"))) {
    const tab = await openDesk(desk, installation.proxy.origin, view);
    await tab.waitForSelector(there);
    const other = await openDesk(desk, installation.proxy.origin, "privacy");
    await other.click("text=Log out");
    await other.waitForSelector("input[name=token]");
    await other.close();
    // The installation check asks by itself.
    if (view !== "installation") await tab.click("text=7 days");
    await tab.waitForSelector("input[name=token]");
    assert.equal(await tab.locator(there).count(), 0, `${view}: nothing of it is left`);
    assert.deepEqual(await desk.cookies(), []);
    await tab.fill("input[name=token]", site.token);
    await tab.keyboard.press("Enter");
    await tab.waitForSelector(there);
    await tab.close();
  }
}
