// Moving about in the dashboard: what was typed is there on the way back.

import assert from "node:assert/strict";
import type { Page } from "playwright-core";
import { go, openDesk } from "../lib/desk.js";
import type { Journey } from "./overlay.js";

const SEARCH = "input[type=search]";
const listed = (tab: Page): Promise<string[]> => tab.locator("table.pages tbody a").allInnerTexts();

/** What is searched for stands in the address: it outlives a look at a page, and whoever is sent the address sees the same. */
export async function theSearchIsThereOnTheWayBack({ installation, desk, tab }: Journey, page: string): Promise<void> {
  await go(tab, "overview");
  await tab.waitForSelector(SEARCH);
  await tab.locator(SEARCH).pressSequentially("TEAP");
  assert.deepEqual(await listed(tab), [page]);
  for (const back of [() => tab.goBack(), () => tab.click("text=All pages")]) {
    await tab.click("table.pages tbody a");
    await tab.waitForSelector(".covered");
    await back();
    await tab.waitForSelector("table.pages tbody tr");
    assert.equal(await tab.inputValue(SEARCH), "TEAP");
    assert.deepEqual(await listed(tab), [page]);
  }
  const sent = await openDesk(desk, installation.proxy.origin, tab.url().split("#/")[1]);
  await sent.waitForSelector("table.pages tbody tr");
  assert.equal(await sent.inputValue(SEARCH), "TEAP");
  assert.deepEqual(await listed(sent), [page]);
  await sent.close();
  await tab.fill(SEARCH, "");
  assert.ok((await listed(tab)).length > 1);
  assert.ok(!tab.url().includes("search"), "nothing searched for, nothing in the address");
}
