// Names that want to be markup, formulas or commands: text in every view, and text to a spreadsheet. See lib/hostile.ts.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Page } from "playwright-core";
import { beacon, head, post, said } from "../lib/beacons.js";
import { HOSTILE_ANCHORS, HOSTILE_PATHS, NO_ANCHORS, NO_PATHS } from "../lib/hostile.js";
import { addressIn, ask, json } from "../lib/installation.js";
import { until } from "../lib/until.js";
import type { Journey } from "./overlay.js";

/** Page views posted by hand, enough for a page to be shown. */
const SHOWN = 60;

const ANCHORS = HOSTILE_ANCHORS.map(({ listed }) => listed).sort();
const PATHS = HOSTILE_PATHS.map(({ listed }) => listed).sort();

const placesOf = (anchors: string[]): object[] =>
  anchors.map((anchor, at) => ({ layer: "click", cell: [4 + 9 * at, 4], n: 1, first: 31, anchor, sub: [1, 1] }));
const hostileOnes = (names: string[]): string[] => names.filter((name) => name.includes("hostile")).sort();

/** Counts the pages, each with all the anchors; what is no name is refused and counts nothing. */
export async function hostileNamesAreListed({ installation, site, shop }: Journey): Promise<void> {
  const send = (path: string, anchors: string[], i: number): Promise<{ status: number; outcome: string }> =>
    post(installation.collectOrigin(), beacon({ site: site.key, path, cell: [0, 0] }, { places: placesOf(anchors) }), head(shop.origin, addressIn("FR", i))).then(said);
  for (const no of NO_PATHS) assert.deepEqual(await send(no, [], 0), { status: 400, outcome: "malformed" }, JSON.stringify(no));
  for (const no of NO_ANCHORS) assert.deepEqual(await send("/hostile", [no], 0), { status: 400, outcome: "malformed" }, JSON.stringify(no));
  const anchors = HOSTILE_ANCHORS.map(({ sent }) => sent);
  for (const { sent } of HOSTILE_PATHS) {
    const answers = await Promise.all(Array.from({ length: SHOWN }, (_, i) => send(sent, anchors, i)));
    for (const answer of answers) assert.deepEqual(answer, { status: 204, outcome: "admitted" }, sent);
  }
  const listed = await until("all are shown", async () => {
    const found = hostileOnes((await json<{ path: string }[]>(installation, site, "pages")).map(({ path }) => path));
    return found.length >= PATHS.length && found;
  });
  assert.deepEqual(listed, PATHS);
}

/** What of a view is not the dashboard's own: elements, listeners, addresses that run. */
function foreign(): string[] {
  if ("harmed" in window) return ["it ran"];
  const all = [...document.querySelectorAll("main, main *")];
  const elements = all.filter(({ localName }) => /^(img|script|iframe|object|embed|math|base|meta|link|textarea|b)$/.test(localName));
  const attributes = all.flatMap((element) => [...element.attributes]);
  const acts = attributes.filter(({ name, value }) => /^on|^srcdoc$/.test(name) || (/^(xlink:)?(href|src|action|formaction)$/.test(name) && /^\s*(javascript|data):/i.test(value)));
  return [...elements.map(({ localName }) => localName), ...acts.map(({ name, value }) => `${name}=${value}`)];
}

/** Each page is in the list and has its view, where it and its anchors are text; nothing of them runs. */
export async function hostileNamesAreText({ installation, desk }: Journey): Promise<void> {
  const page = await desk.newPage();
  await page.addInitScript(() => Object.assign(window, { hostile: () => Object.assign(window, { harmed: true }) }));
  page.on("dialog", () => assert.fail("a dialog"));
  await page.goto(installation.proxy.origin);
  const names = page.locator("table.pages tbody a");
  await names.first().waitFor();
  assert.deepEqual(hostileOnes(await names.allTextContents()), PATHS);
  for (const hostile of PATHS) {
    await names.nth((await names.allTextContents()).indexOf(hostile)).click();
    await page.waitForSelector(".covered");
    assert.equal(await page.textContent("h1"), hostile);
    assert.equal(await page.innerText(".covered strong"), String(SHOWN));
    assert.deepEqual((await page.locator("table.elements code").allTextContents()).sort(), ANCHORS, hostile);
    assert.deepEqual(await page.evaluate(foreign), [], hostile);
    if (hostile === PATHS.at(-1)) assert.deepEqual(cellsOf(await exported(page)).filter(isFormula), []);
    await page.goBack();
    await names.first().waitFor();
    assert.deepEqual(await page.evaluate(foreign), [], "the list");
  }
  await page.close();
}

async function exported(page: Page): Promise<string> {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click('.export button:text-is("CSV")')]);
  return readFileSync(await download.path(), "utf8");
}

/** The cells of a CSV (RFC 4180), as a spreadsheet has them. */
const cellsOf = (csv: string): string[] =>
  [...csv.matchAll(/(?:^|,|\r?\n)(?:"((?:[^"]|"")*)"|([^",\r\n]*))(?=,|\r?\n|$)/g)].map(([, quoted, plain]) => quoted?.replaceAll('""', '"') ?? plain ?? "");
/** What a spreadsheet takes for a formula; a number is none. */
const isFormula = (cell: string): boolean => /^\s*[=+\-@\uff1d\uff0b\uff0d\uff20]/u.test(cell) && Number.isNaN(Number(cell));

/** No cell of a CSV begins like a formula, and every name is in one, behind an apostrophe where it would. */
export async function hostileNamesAreNoFormulas({ installation, site }: Journey): Promise<void> {
  const csv = async (question: string): Promise<string[]> => {
    const { status, body } = await ask(installation, site, question, "text/csv");
    assert.equal(status, 200, question);
    const cells = cellsOf(body.toString());
    assert.deepEqual([cells, body.toString().split(/[;\r\n]/)].flat().filter(isFormula), [], question);
    return cells;
  };
  // Where numbers have a comma, a `;` separates cells.
  const bare = (part: string): string => (part.startsWith("'") && isFormula(part.slice(1)) ? part.slice(1) : part);
  const plain = (cell: string): string => cell.split(";").map(bare).join(";");
  assert.deepEqual(hostileOnes((await csv("pages")).map(plain)), PATHS);
  for (const { listed } of HOSTILE_PATHS) {
    const page = encodeURIComponent(listed);
    assert.deepEqual((await csv(`elements?page=${page}`)).map(plain).filter((cell) => ANCHORS.includes(cell)).sort(), ANCHORS, listed);
    assert.deepEqual([...new Set((await csv(`heatmap?page=${page}`)).map(plain).filter((cell) => ANCHORS.includes(cell)))].sort(), ANCHORS, listed);
  }
  assert.ok(ANCHORS.filter(isFormula).length >= 6, "some would be formulas");
}
