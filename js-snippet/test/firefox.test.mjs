// The same script in Firefox, driven over WebDriver BiDi: signals as that browser really sends them, opting out, one click.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import puppeteer from "puppeteer-core";
import { page, serve } from "./lib.mjs";

const PAGE = page(`<main style="height:3000px"><button id="buy" style="width:160px;height:40px">Buy</button><label>Size <input id="size" type="checkbox"></label></main>`);

let server;

before(async () => {
  server = await serve({ "*": PAGE });
});
after(() => server.close());

// Firefox says of itself that it is driven, and then the script is silent; here it does not.
async function visit(preferences, act) {
  server.forget();
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: process.env.ISOTHERM_FIREFOX || "/usr/bin/firefox-esr",
    headless: true,
    extraPrefsFirefox: { "dom.webdriver.enabled": false, ...preferences },
  });
  try {
    const tab = await browser.newPage();
    await tab.evaluateOnNewDocument(() => Object.defineProperty(Navigator.prototype, "webdriver", { configurable: true, get: () => false }));
    await tab.goto(`${server.origin}/p`);
    return await act(tab);
  } finally {
    await browser.close();
  }
}

const status = (tab) => tab.evaluate(() => window.isotherm.status());

test("a click in Firefox is the same beacon", () =>
  visit({}, async (tab) => {
    assert.deepEqual(await status(tab), { active: true, reason: null });
    await tab.mouse.click(80, 20);
    await tab.click("label");
    await tab.evaluate(() => dispatchEvent(new Event("pagehide")));
    const beacons = await server.until((all) => all.flatMap(({ places }) => places).length >= 2);
    assert.deepEqual(
      beacons.flatMap(({ places }) => places.map(({ layer, cell, anchor, sub, n }) => (anchor === "#buy" ? [layer, cell, anchor, sub, n] : [layer, anchor, n]))).sort(),
      [["click", [5, 1], "#buy", [4, 4], 1], ["click", "label", 1]].sort(),
    );
  }));

for (const [reason, preferences] of [
  ["dnt", { "privacy.donottrackheader.enabled": true }],
  ["gpc", { "privacy.globalprivacycontrol.enabled": true, "privacy.globalprivacycontrol.functionality.enabled": true }],
]) {
  test(`Firefox's own ${reason} setting silences the script`, () =>
    visit(preferences, async (tab) => {
      assert.deepEqual(await status(tab), { active: false, reason });
      await tab.mouse.click(80, 20);
      await tab.evaluate(() => dispatchEvent(new Event("pagehide")));
      assert.deepEqual(await tab.evaluate(() => [localStorage.length, sessionStorage.length, document.cookie]), [0, 0, ""]);
      assert.deepEqual(server.posts(), []);
    }));
}

test("the first-party opt-out works in Firefox and outlives the page", () =>
  visit({}, async (tab) => {
    await tab.mouse.click(80, 20);
    await tab.evaluate(() => window.isotherm.optOut());
    assert.deepEqual(await status(tab), { active: false, reason: "opted_out" });
    await tab.goto(`${server.origin}/q`);
    assert.deepEqual(await status(tab), { active: false, reason: "opted_out" });
    await tab.evaluate(() => window.isotherm.optIn());
    assert.deepEqual(await tab.evaluate(() => [window.isotherm.status().active, localStorage.length]), [true, 0]);
    assert.ok(server.beacons().every(({ places }) => places.length === 0));
  }));
