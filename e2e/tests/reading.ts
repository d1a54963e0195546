// What visitors and analysts read outside the dashboard, held to the same rules of access: the overlay's panel, the inspector, the service's own pages.

import assert from "node:assert/strict";
import type { BrowserContext, Page } from "playwright-core";
import { go, logIn, seriousFaults } from "../lib/desk.js";
import { Overlay } from "../lib/overlay.js";
import { until } from "../lib/until.js";
import type { Journey } from "./overlay.js";

const SCHEMES = ["light", "dark"] as const;
const PANEL = "[popover=manual]";
const INSPECTOR = "isotherm-inspect";

/** A context of its own in each scheme of colours. */
async function inEachScheme({ browser }: Journey, headers: Record<string, string>, body: (context: BrowserContext, scheme: string) => Promise<void>): Promise<void> {
  for (const colorScheme of SCHEMES) {
    const context = await browser.newContext({ colorScheme, reducedMotion: "reduce", viewport: { width: 1440, height: 900 }, extraHTTPHeaders: headers });
    await body(context, colorScheme);
    await context.close();
  }
}

/** What is hard to read in a shadow root is found, so that finding nothing says something. */
async function axeSeesInto(page: Page, host: string): Promise<void> {
  const colour = ([of, style]: [string, string]): void => document.querySelector(of)!.shadowRoot!.querySelector("button")!.setAttribute("style", style);
  await page.evaluate(colour, [host, "color:#777;background:#888"] as [string, string]);
  const faults = await seriousFaults(page, host);
  await page.evaluate(colour, [host, ""] as [string, string]);
  assert.equal(faults.length, 1, faults.join());
  assert.match(faults[0] ?? "", /^color-contrast: /);
}

/** The overlay stands beside the body, where axe-core looks at no colours. */
const intoTheBody = (host: string): void => {
  const overlay = document.querySelector<HTMLElement>(host)!;
  document.body.append(overlay);
  overlay.showPopover();
};

/** The overlay's panel, at each map, unfolded and folded. Its shadow root is closed: here alone it is opened, for axe-core to go in. */
export async function thePanelIsAccessible(journey: Journey, page: string): Promise<void> {
  await inEachScheme(journey, {}, async (context, scheme) => {
    await context.addInitScript(() => {
      const { attachShadow } = Element.prototype;
      Element.prototype.attachShadow = function (init) {
        return attachShadow.call(this, { ...init, mode: "open" });
      };
    });
    const tab = await logIn(context, journey.installation.proxy.origin, journey.site);
    await go(tab, `page?path=${page}&country=DE`);
    const [live] = await Promise.all([context.waitForEvent("page"), tab.click("text=Open on the page")]);
    await live.waitForURL(/^http/);
    const overlay = await Overlay.on(live);
    await until("the overlay has its answer", async () => / page views, |Not enough/.test(await overlay.says()));
    await live.evaluate(intoTheBody, PANEL);
    for (const map of ["Rates", "Scroll", "Heat"]) {
      await overlay.press(map);
      assert.deepEqual(await seriousFaults(live, PANEL), [], `${map}, ${scheme}`);
    }
    await axeSeesInto(live, PANEL);
    await live.setViewportSize({ width: 390, height: 844 });
    assert.deepEqual(await seriousFaults(live, PANEL), [], `folded, ${scheme}`);
    await overlay.press("More");
    assert.deepEqual(await seriousFaults(live, PANEL), [], `on a phone, ${scheme}`);
  });
}

/** The inspector: where a page is measured, and where the browser says no. */
export async function theInspectorIsAccessible(journey: Journey): Promise<void> {
  for (const headers of [{}, { "sec-gpc": "1" }]) {
    await inEachScheme(journey, headers, async (context, scheme) => {
      const page = await context.newPage();
      await page.goto(`${journey.shop.origin}/about#isotherm-inspect`);
      await page.locator(`${INSPECTOR} button`).first().waitFor();
      assert.deepEqual(await seriousFaults(page, INSPECTOR), [], scheme);
      await axeSeesInto(page, INSPECTOR);
    });
  }
}

/** The service's pages for visitors: what it says of privacy, and the opt-out before and after. */
export async function theVisitorsPagesAreAccessible(journey: Journey): Promise<void> {
  const { origin } = journey.installation.proxy;
  await inEachScheme(journey, {}, async (context, scheme) => {
    const page = await context.newPage();
    for (const path of ["/privacy", "/opt-out"]) {
      assert.equal((await page.goto(origin + path))?.status(), 200, path);
      assert.deepEqual(await seriousFaults(page), [], `${path}, ${scheme}`);
    }
    await page.click("form button");
    await page.waitForURL(/asked=out/);
    await page.waitForSelector("text=You have opted out");
    assert.deepEqual(await seriousFaults(page), [], `opted out, ${scheme}`);
  });
}
