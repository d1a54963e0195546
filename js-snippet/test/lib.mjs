// A real Chromium, a server that serves test pages and records what reaches it, and a few ways to act on a page.

import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const file = (path) => readFileSync(fileURLToPath(new URL(path, import.meta.url)), "utf8");

/** Milliseconds after which something awaited counts as not happening. */
const DEADLINE_MS = 15_000;

const USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36";

const FLAGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** What makes Chromium a visitor's browser instead of a robot's. */
export const VISITOR = ["--disable-blink-features=AutomationControlled", `--user-agent=${USER_AGENT}`];

export function launch(flags = VISITOR, options = {}) {
  const executablePath = process.env.ISOTHERM_CHROMIUM || "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: [...FLAGS, ...flags], ...options });
}

/** The schemas and examples that other parts of the project read, too. */
export const schemas = (path) => JSON.parse(file(`../../schemas/${path}`));

/** The test pages' modules as one script. */
export async function inpage() {
  const entry = fileURLToPath(new URL("inpage.ts", import.meta.url));
  const { outputFiles } = await build({ entryPoints: [entry], bundle: true, format: "iife", write: false, charset: "utf8" });
  return outputFiles[0].text;
}

const TAG = `<script defer src="/isotherm.js" data-site="acme"></script>`;

/** A page with the tag in its head. */
export const page = (body, head = TAG) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Test</title><style>body{margin:0}</style>${head}</head><body>${body}</body></html>`;

/** Starts a server on a free port of 127.0.0.1; `pages` maps paths to HTML, "*" is for all others. */
export async function serve(pages) {
  const script = file("../dist/isotherm.js");
  const stub = file("../dist/stub.js");
  const requests = [];
  let arrived = () => {};
  const server = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      const { pathname } = new URL(request.url, "http://localhost");
      const record = { method: request.method, path: pathname, type: request.headers["content-type"], body: Buffer.concat(chunks).toString() };
      requests.push(record);
      const send = (status, type, body) => response.writeHead(status, { "content-type": type, connection: "close" }).end(body);
      if (request.method === "POST") send(204, "text/plain");
      else if (pathname === "/isotherm.js") send(200, "text/javascript", script);
      else if (pathname === "/isotherm-inspect.js") send(200, "text/javascript", file("../dist/isotherm-inspect.js"));
      // What the service has there is the dashboard's; here it says that it was loaded.
      else if (pathname === "/isotherm-overlay.js") send(200, "text/javascript", "window.overlaid = true");
      else if (pathname === "/isotherm-optout.js") send(200, "text/javascript", file("../dist/optout.js"));
      else if (pathname === "/stub.js") send(200, "text/javascript", stub);
      else if (pathname === "/favicon.ico") send(204, "image/x-icon");
      else send(200, "text/html; charset=utf-8", pages[pathname] ?? pages["*"]);
      arrived();
    });
  });
  await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const posts = () => requests.filter(({ method }) => method === "POST");
  return {
    origin,
    requests,
    posts,
    /** The beacons with all their places. */
    whole: () => posts().map(({ body }) => JSON.parse(body)),
    /** The beacons with the places of clicks and taps alone. */
    beacons() {
      return this.whole().map((beacon) => ({ ...beacon, places: beacon.places.filter(({ layer }) => layer === "click" || layer === "tap") }));
    },
    forget: () => requests.splice(0),
    /** The beacons, once there are `count` of them. */
    received(count) {
      return this.until((beacons) => beacons.length >= count);
    },
    /** The beacons, once they are what is awaited. */
    async until(awaited) {
      const late = Date.now() + DEADLINE_MS;
      for (;;) {
        const beacons = this.beacons();
        if (awaited(beacons)) return beacons;
        if (Date.now() > late) throw new Error(`${beacons.length} beacons arrived, not those awaited`);
        await new Promise((again) => {
          arrived = again;
          setTimeout(again, 500);
        });
      }
    },
    close: () => new Promise((closed) => (server.closeAllConnections(), server.close(closed))),
  };
}

/** Keeps timers of a second and more from ending: beacons then go only where a test says so, however slow the machine. */
export const patient = (context) =>
  context.addInitScript(() => {
    const { setTimeout } = window;
    window.setTimeout = (work, delay, ...rest) => (delay >= 1000 ? 1 : setTimeout(work, delay, ...rest));
  });

/** Makes the page believe that it is hidden, then shown again: everything unsent is sent. */
export const hide = (tab) =>
  tab.evaluate(() => {
    for (const hidden of [true, false]) {
      Object.defineProperty(document, "hidden", { configurable: true, value: hidden });
      document.dispatchEvent(new Event("visibilitychange"));
    }
    delete document.hidden;
  });

/** Scrolls and waits until the page has seen it and drawn a frame. */
export const scrollTo = (tab, y, selector) =>
  tab.evaluate(
    ([top, inner]) =>
      new Promise((done) => {
        const target = inner ? document.querySelector(inner) : window;
        document.addEventListener("scroll", () => requestAnimationFrame(() => requestAnimationFrame(done)), { capture: true, once: true });
        target.scrollTo({ top, behavior: "instant" });
      }),
    [y, selector],
  );

/** Records, before any script of the page runs, which listeners are added and what is stored. */
export const watch = (context) =>
  context.addInitScript(() => {
    const seen = (window.seen = { added: [], live: {}, stored: [], cookies: [] });
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    EventTarget.prototype.addEventListener = function (type, ...rest) {
      seen.added.push(type);
      seen.live[type] = (seen.live[type] || 0) + 1;
      return addEventListener.call(this, type, ...rest);
    };
    EventTarget.prototype.removeEventListener = function (type, ...rest) {
      seen.live[type]--;
      return removeEventListener.call(this, type, ...rest);
    };
    const { setItem } = Storage.prototype;
    Storage.prototype.setItem = function (key, value) {
      seen.stored.push(`${key}=${value}`);
      return setItem.call(this, key, value);
    };
    const cookie = Object.getOwnPropertyDescriptor(Document.prototype, "cookie");
    Object.defineProperty(Document.prototype, "cookie", { ...cookie, set: (text) => seen.cookies.push(text) });
  });
