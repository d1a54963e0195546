// Draws 27,000 cells in Chromium and writes RESULTS.md: ours and the peers' in one run, taking turns.
import { writeFileSync } from "node:fs";
import { build } from "esbuild";
import { chromium } from "playwright-core";

const CELLS = 27_000;
const ROUNDS = 15;

const { outputFiles } = await build({
  entryPoints: [new URL("page.ts", import.meta.url).pathname],
  bundle: true,
  format: "iife",
  write: false,
  loader: { ".json": "json" },
});
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
const page = await browser.newPage();
await page.addScriptTag({ path: new URL("node_modules/heatmap.js/build/heatmap.js", import.meta.url).pathname });
await page.addScriptTag({ content: outputFiles[0].text });
const times = await page.evaluate(([cells, rounds]) => window.run(cells, rounds), [CELLS, ROUNDS]);
const version = browser.version();
await browser.close();

const at = (all, share) => [...all].sort((one, other) => one - other)[Math.min(all.length - 1, Math.floor(all.length * share))];
const rows = Object.entries(times).map(([name, all]) => `| ${name} | ${at(all, 0.5).toFixed(1)} | ${at(all, 0.9).toFixed(1)} |`);
const text = `# Drawing heat in the browser

${CELLS.toLocaleString("en")} cells of 16 px on a page of 1,440 x 8,000 px, from numbers to drawn pixels, ${ROUNDS} rounds in turns after two to
warm up. Chromium ${version}, without a graphics card. Ours leaves the stretching of its small canvas to the
browser's compositor, which is not in its time; the peers draw every pixel themselves. \`npm run bench\` in this folder measures again.

| drawn by | median, ms | 9 of 10 within, ms |
|---|---|---|
${rows.join("\n")}
`;
writeFileSync(new URL("RESULTS.md", import.meta.url), text);
console.log(text);
