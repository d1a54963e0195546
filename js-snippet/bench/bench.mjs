// Size and cost of the script beside its peers' own packages: one page, one scripted session, one run. Writes RESULTS.md.

import { build } from "esbuild";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gunzipSync } from "node:zlib";
import { chromium } from "playwright-core";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const version = (name) => JSON.parse(readFileSync(here(`node_modules/${name}/package.json`), "utf8")).version;

/** The session: so long, with so many acts. */
const SESSION_MS = 20_000;
const MOVES = 1_200;
const CLICKS = 30;
const SCROLLS = 60;
/** How many times slower than this machine the page's processor is. */
const THROTTLE = 4;
/** How often each is run; the median of each figure counts. */
const RUNS = Number(process.env.RUNS || 3);
const ELEMENTS = 3_000;

async function bundled(source, define = {}) {
  const { outputFiles } = await build({ stdin: { contents: source, resolveDir: here(".") }, define, bundle: true, minify: true, format: "iife", platform: "browser", target: "es2020", write: false, logLevel: "error" });
  return outputFiles[0].text;
}

const UMAMI = "2.10.0";

// Umami's package is its whole server; of it only the tracker's source is unpacked, none of what it depends on.
function umami() {
  const folder = mkdtempSync(join(tmpdir(), "isotherm-umami-"));
  try {
    execFileSync("npm", ["pack", `umami@${UMAMI}`, "--silent", "--pack-destination", folder]);
    return execFileSync("tar", ["-xzOf", join(folder, `umami-${UMAMI}.tgz`), "package/src/tracker/index.js"]).toString();
  } finally {
    rmSync(folder, { recursive: true });
  }
}

// Each as its own documentation says, with heatmaps where it has them and without recording where that can be switched off.
async function peers() {
  const posthog = readFileSync(here("node_modules/posthog-js/dist/array.js"), "utf8");
  return [
    { name: "Isotherm", how: "`isotherm.js`", script: readFileSync(here("../dist/isotherm.js"), "utf8"), tag: `<script defer src="/script.js" data-site="acme"></script>` },
    {
      name: `PostHog (posthog-js ${version("posthog-js")})`,
      how: "`array.js`; heatmaps and autocapture on; recording, surveys, flags, and dead clicks (a further script) off",
      script: posthog,
      start: `posthog.init("phc_test", { api_host: location.origin, capture_heatmaps: true, enable_heatmaps: true, autocapture: true, capture_dead_clicks: false, disable_session_recording: true, disable_surveys: true, advanced_disable_flags: true, advanced_disable_decide: true, request_batching: true })`,
      stub: `!function(t,e){var o,n,p,r;e.__SV||(window.posthog=e,e._i=[],e.init=function(i,s,a){e._i.push([i,s,a||"posthog"])},e.__SV=1)}(document,window.posthog||[]);`,
    },
    { name: `Clarity (clarity-js ${version("clarity-js")})`, how: "`clarity.js` as its module; it always records", script: await bundled(`import { clarity } from "clarity-js"; clarity.start({ projectId: "test", upload: location.origin + "/clarity", track: true, content: true })`) },
    { name: `OpenReplay (@openreplay/tracker ${version("@openreplay/tracker")})`, how: "size only: it starts against its own service", script: await bundled(`import Tracker from "@openreplay/tracker"; new Tracker({ projectKey: "test", ingestPoint: location.origin, __DISABLE_SECURE_MODE: true }).start()`), sizeOnly: true },
    { name: `rrweb (@rrweb/record ${version("@rrweb/record")})`, how: "`record`, events sent as one batch in ten seconds", script: await bundled(`import { record } from "@rrweb/record"; let all = []; record({ emit: (event) => all.push(event) }); setInterval(() => { navigator.sendBeacon("/rrweb", JSON.stringify(all).slice(0, 60000)); fetch("/rrweb", { method: "POST", body: JSON.stringify(all) }); all = [] }, 10000)`) },
    { name: `Plausible (@plausible-analytics/tracker ${version("@plausible-analytics/tracker")})`, how: "page views only", script: await bundled(`import { init } from "@plausible-analytics/tracker"; init({ domain: "test", endpoint: location.origin + "/plausible", captureOnLocalhost: true })`) },
    { name: `Umami (umami ${UMAMI})`, how: "page views only; its tracker's source, bundled; size only", script: await bundled(umami(), { __COLLECT_API_HOST__: '""', __COLLECT_API_ENDPOINT__: '"/api/send"' }), sizeOnly: true },
  ];
}

const PAGE = (tag) => {
  let parts = "";
  for (let index = 0; index < ELEMENTS / 6; index++) parts += `<section class="card"><h3>Part ${index}</h3><p>Some text that says nothing.</p><a href="#x">Link</a><button>Button</button><span>More</span></section>`;
  return `<!doctype html><html><head><meta charset="utf-8"><style>body{margin:0;font:14px sans-serif}header{position:sticky;top:0;height:60px;background:#ddd;z-index:2}main{display:grid;grid-template-columns:200px 1fr}aside{position:sticky;top:60px;height:300px;background:#eee}.card{padding:8px;border-bottom:1px solid #ccc}</style>${tag}</head><body><header><button>Menu</button></header><main><aside><a href="#y">Side</a></aside><div>${parts}</div></main><script>addEventListener("click",(e)=>{e.preventDefault();if(e.target.localName==="button"){e.target.dataset.pressed=1;e.target.style.paddingLeft="9px"}});setInterval(()=>{document.querySelector("header").style.paddingTop=(Date.now()>>9)%2+"px"},500)</script></body></html>`;
};

// PostHog packs what it sends.
function unpacked(body) {
  try {
    return gunzipSync(body);
  } catch {
    return body;
  }
}

async function served(peer) {
  const sent = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const body = Buffer.concat(chunks);
      if (request.method === "POST") sent.push({ bytes: body.length, unpacked: unpacked(body).length, heat: unpacked(body).includes("$$heatmap") });
      const send = (type, text) => response.writeHead(200, { "content-type": type, "cache-control": "no-store" }).end(text);
      if (request.url === "/") send("text/html", PAGE(peer ? (peer.tag ?? `<script>${peer.stub ?? ""}</script><script defer src="/script.js"></script>`) + (peer.start ? `<script>${peer.start}</script>` : "") : ""));
      else if (request.url === "/script.js") send("text/javascript", peer.script);
      else if (request.method === "POST") send("application/json", "{}");
      else response.writeHead(204).end();
    });
  });
  await new Promise((done) => server.listen(0, "127.0.0.1", done));
  return { origin: `http://127.0.0.1:${server.address().port}`, sent, close: () => new Promise((done) => (server.closeAllConnections(), server.close(done))) };
}

async function cost(browser, peer) {
  const service = await served(peer);
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const tab = await context.newPage();
  const session = await context.newCDPSession(tab);
  // The thread's own time: on a machine that is busy with other things, the clock's would tell mostly of those.
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await session.send("Emulation.setCPUThrottlingRate", { rate: THROTTLE });
  await tab.addInitScript(() => {
    window.long = 0;
    new PerformanceObserver((list) => (window.long += list.getEntries().length)).observe({ type: "longtask" });
  });
  const metrics = async () => Object.fromEntries((await session.send("Performance.getMetrics")).metrics.map(({ name, value }) => [name, value]));
  const heap = async () => {
    await session.send("HeapProfiler.collectGarbage");
    return (await metrics()).JSHeapUsedSize;
  };
  await tab.goto(service.origin);
  await new Promise((done) => setTimeout(done, 2_500));
  const loaded = await metrics();
  const [heapBefore, longBefore] = [await heap(), await tab.evaluate(() => window.long)];
  const before = await metrics();
  const start = performance.now();
  const pending = [];
  const mouse = (type, x, y, more = {}) => pending.push(session.send("Input.dispatchMouseEvent", { type, x, y, ...more }));
  for (let move = 0; move < MOVES; move++) {
    const late = start + (move * SESSION_MS) / MOVES - performance.now();
    if (late > 1) await new Promise((done) => setTimeout(done, late));
    const [x, y] = [640 + 500 * Math.sin(move / 40), 400 + 300 * Math.cos(move / 33)];
    mouse("mouseMoved", x, y);
    if (move % (MOVES / SCROLLS) === 7) mouse("mouseWheel", x, y, { deltaX: 0, deltaY: 120 });
    if (move % (MOVES / CLICKS) === 13) {
      mouse("mousePressed", x, y, { button: "left", clickCount: 1 });
      mouse("mouseReleased", x, y, { button: "left", clickCount: 1 });
    }
  }
  await Promise.all(pending);
  await new Promise((done) => setTimeout(done, 500));
  const end = await metrics();
  const heapAfter = await heap();
  const long = (await tab.evaluate(() => window.long)) - longBefore;
  await tab.close({ runBeforeUnload: false });
  await context.close();
  await new Promise((done) => setTimeout(done, 300));
  const result = {
    load_ms: loaded.ScriptDuration * 1000,
    script_ms: (end.ScriptDuration - before.ScriptDuration) * 1000,
    layouts: end.LayoutCount - before.LayoutCount,
    long,
    heap_kb: (heapAfter - heapBefore) / 1024,
    requests: service.sent.length,
    bytes: service.sent.reduce((sum, { bytes }) => sum + bytes, 0),
    unpacked: service.sent.reduce((sum, { unpacked }) => sum + unpacked, 0),
    heat: service.sent.filter(({ heat }) => heat).length,
  };
  await service.close();
  return result;
}

const loadBefore = loadavg()[0];
const all = await peers();
const browser = await chromium.launch({ executablePath: process.env.ISOTHERM_CHROMIUM || "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-blink-features=AutomationControlled", "--user-agent=Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"] });
const measured = [null, ...all.filter(({ name, sizeOnly }) => !sizeOnly && (!process.env.ONLY || name.includes(process.env.ONLY)))];
const figures = measured.map(() => []);
// In turns, so that what else the machine does falls on all of them.
for (let run = 0; run < RUNS; run++) {
  for (const [index, peer] of measured.entries()) {
    figures[index].push(await cost(browser, peer));
    console.log(peer?.name ?? "empty page", JSON.stringify(figures[index].at(-1)));
  }
}
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
const runs = measured.map((peer, index) => [
  peer?.name ?? "empty page",
  Object.fromEntries(Object.keys(figures[index][0]).map((key) => [key, median(figures[index].map((one) => one[key]))])),
]);
await browser.close();

const empty = runs[0][1];
const round = (value, digits = 0) => value.toLocaleString("en", { maximumFractionDigits: digits, minimumFractionDigits: digits });
const over = (name) => runs.find(([one]) => one.startsWith(name))?.[1].script_ms - empty.script_ms;
const text = `# Size and cost beside the peers' own packages

Made by \`npm ci && npm run bench\` in this folder; every figure is from one machine (${cpus().length} × ${cpus()[0].model.trim()}), so compare rows, not machines.

## Size

| script | bytes | with brotli | times ours | what |
|---|---|---|---|---|
${all.map(({ name, how, script }) => `| ${name} | ${round(script.length)} | ${round(brotliCompressSync(script).length)} | ${round(brotliCompressSync(script).length / brotliCompressSync(all[0].script).length, 1)} | ${how} |`).join("\n")}

## Cost

Chromium at ${THROTTLE}x CPU throttle; a page of ${round(ELEMENTS)} elements with sticky parts; ${SESSION_MS / 1000} s with ${round(MOVES)} pointer moves, ${CLICKS} clicks and ${SCROLLS} scroll steps.
Script time is the browser's \`ScriptDuration\` in the main thread's own processor time, once for the load and once for the session, less the
empty page's. Medians of ${RUNS} ${RUNS === 1 ? "run" : "runs"}, taken in turns; load average of the machine ${loadBefore.toFixed(1)} before and ${loadavg()[0].toFixed(1)} after,
on ${cpus().length} processors: above ${cpus().length}, times are compared, not believed.
The session's script time is 1/${round(over("PostHog") / over("Isotherm"), 1)} of PostHog's and 1/${round(over("Clarity") / over("Isotherm"), 1)} of Clarity's; the aim is 1/20, or 10 ms.

| script | load, ms | session, ms | layouts | long tasks | heap growth, KB | requests | bytes sent | unpacked |
|---|---|---|---|---|---|---|---|---|
${runs.map(([name, one]) => `| ${name} | ${round(one.load_ms - (one === empty ? 0 : empty.load_ms), 1)} | ${round(one.script_ms - (one === empty ? 0 : empty.script_ms), 1)} | ${one.layouts} | ${one.long} | ${round(one.heap_kb)} | ${one.requests} | ${round(one.bytes)} | ${round(one.unpacked)} |`).join("\n")}
`;
if (!process.env.ONLY) writeFileSync(here("RESULTS.md"), text);
console.log(text);
