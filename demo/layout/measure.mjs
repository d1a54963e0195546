// Measures the example shop in Chromium at three widths and writes ../layout.json; with --check it measures again and
// fails where the committed file is no longer true. The simulated visitors click what stands in that file.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { chromium } from "playwright-core";
import { serveShop, shopPages } from "./shop.mjs";

const LAYOUT = fileURLToPath(new URL("../layout.json", import.meta.url));
const WINDOWS = [[390, 844], [768, 1024], [1440, 900]];
/** Largest difference in px that is not a change, with the fonts the file was made with. */
const SAME_FONTS_PX = 1;
/** The same on a machine with other fonts: one grid cell. */
const OTHER_FONTS_PX = 16;

async function inPageScript() {
  const bundled = await build({
    entryPoints: [fileURLToPath(new URL("boxes.js", import.meta.url))],
    bundle: true, write: false, format: "iife", target: "es2022", logLevel: "error",
  });
  return bundled.outputFiles[0].text;
}

async function measure() {
  const script = await inPageScript();
  const shop = await serveShop();
  const profile = mkdtempSync(join(tmpdir(), "isotherm-layout-"));
  const browser = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    reducedMotion: "reduce",
    args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  const layout = { fonts: [], pages: {} };
  try {
    const tab = await browser.newPage();
    for (const path of shopPages().keys()) {
      layout.pages[path] = {};
      for (const [width, height] of WINDOWS) {
        await tab.setViewportSize({ width, height });
        await tab.goto(shop.url + path, { waitUntil: "load" });
        await tab.evaluate(script);
        const { fonts, ...page } = await tab.evaluate(() => document.fonts.ready.then(() => globalThis.measureLayout()));
        layout.fonts = fonts;
        layout.pages[path][width] = page;
      }
    }
  } finally {
    await browser.close();
    shop.close();
    rmSync(profile, { recursive: true, force: true });
  }
  return layout;
}

/** One box per line, so that a change reads as one. */
function printed(layout) {
  const pages = Object.entries(layout.pages).map(([path, widths]) => {
    const lines = Object.entries(widths).map(([width, page]) =>
      `    "${width}": {"height": ${page.height}, "boxes": [\n${page.boxes.map((box) => `      ${JSON.stringify(box)}`).join(",\n")}\n    ]}`);
    return `  ${JSON.stringify(path)}: {\n${lines.join(",\n")}\n  }`;
  });
  return `{"fonts": ${JSON.stringify(layout.fonts)}, "pages": {\n${pages.join(",\n")}\n}}\n`;
}

/** Every difference in words. */
function differences(was, is) {
  const allowed = JSON.stringify(was.fonts) === JSON.stringify(is.fonts) ? SAME_FONTS_PX : OTHER_FONTS_PX;
  const found = [];
  if (allowed !== SAME_FONTS_PX) console.warn(`other fonts than the file was made with: ${allowed} px are allowed`);
  if (Object.keys(was.pages).join() !== Object.keys(is.pages).join()) found.push("the list of pages differs");
  for (const [path, widths] of Object.entries(is.pages)) {
    for (const [width, page] of Object.entries(widths)) {
      const old = was.pages[path]?.[width];
      const where = `${path} at ${width}`;
      if (!old || old.boxes.length !== page.boxes.length) { found.push(`${where}: other boxes`); continue; }
      if (Math.abs(old.height - page.height) > allowed) found.push(`${where}: page height ${old.height} is now ${page.height}`);
      page.boxes.forEach((box, index) => {
        const before = old.boxes[index];
        const off = [2, 3, 4, 5].some((at) => Math.abs(box[at] - before[at]) > allowed);
        if (off || box[0] !== before[0] || box[1] !== before[1] || box[6] !== before[6]) {
          found.push(`${where}: ${JSON.stringify(before)} is now ${JSON.stringify(box)}`);
        }
      });
    }
  }
  return found;
}

const measured = await measure();
if (process.argv.includes("--check")) {
  const found = differences(JSON.parse(readFileSync(LAYOUT, "utf8")), measured);
  for (const line of found.slice(0, 20)) console.error(line);
  if (found.length > 0) {
    console.error(`demo/layout.json is stale in ${found.length} places: run "npm run measure" in demo/`);
    process.exitCode = 1;
  } else {
    console.log(`demo/layout.json is what Chromium measures (${Object.keys(measured.pages).length} pages, 3 widths)`);
  }
} else {
  writeFileSync(LAYOUT, printed(measured));
}
