// The body of the opt-out tests: saying no in browsers of every kind, across sites: pages on localhost, the service on 127.0.0.1. What the opt-out page says
// of its reach must be true: a measured page then really sends nothing, or really still sends.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import type { Page } from "playwright-core";
import { launch } from "../lib/browser.js";
import { addSite, Embedded, outcomes, telling } from "../lib/installation.js";
import { TOP } from "../lib/paths.js";
import { until } from "../lib/until.js";
import type { Running, Tab, Visitor } from "../lib/visitors.js";

const SITE = "matrix";
const ALL = "Your opt-out applies to all sites.";
const SEPARATE = /^This browser separates sites/;
const OPTED_OUT = "You have opted out: this browser is not counted.";

let installation: Embedded;
let site: Pages;

/**
 * A site with the tag, and with what docs/opting-out.md offers for a site's privacy page; `/hostile/…` is an attacker's,
 * from `/blocked/…` the tag is missing.
 */
interface Pages {
  origin: string;
  close(): Promise<void>;
}

before(async () => {
  // The same service under the name of another site.
  const second = (url: string): string => url.replace("127.0.0.1", "localhost");
  installation = await Embedded.start((url) => ({ public: [`url = ${JSON.stringify(url)}`, `second_url = ${JSON.stringify(second(url))}`] }));
  let tag = "";
  site = await servePages(() => tag);
  tag = (await addSite(installation, SITE, site.origin)).tag;
});
after(async () => {
  await site?.close();
  await installation?.stop();
});

/** The documents' own snippets, so that what is tried is what site owners copy. */
function snippets(): string {
  const found = [...readFileSync(`${TOP}docs/opting-out.md`, "utf8").matchAll(/```html\n([\s\S]*?)```/g)].map(([, html]) => html ?? "");
  assert.equal(found.length, 3, "a link, the opt-out without the script and a form");
  return found.join("\n").replaceAll("https://HOST", installation.proxy.origin);
}

async function servePages(tag: () => string): Promise<Pages> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    if (path === "/isotherm-optout.js") {
      response.writeHead(200, { "content-type": "text/javascript; charset=utf-8" }).end(readFileSync(`${TOP}js-snippet/dist/optout.js`));
      return;
    }
    response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
    const body = path.startsWith("/hostile/") ? hostile(path) : `<h1>A page</h1>${snippets()}`;
    response.end(`<!doctype html><html lang="en"><head><title>A page</title>${/^.(hostile|blocked)\//.test(path) ? "" : tag()}</head><body>${body}</body></html>`);
  });
  await new Promise<void>((listening) => server.listen(0, listening));
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: async () => {
      server.closeAllConnections();
      await new Promise<void>((closed) => server.close(() => closed()));
    },
  };
}

/** What another site can do to opt a visitor in again. */
function hostile(path: string): string {
  const target = `${installation.proxy.origin}/opt-in`;
  const form = `<form id="f" method="post" action="${target}"></form><script>document.getElementById("f").submit()</script>`;
  const ways: Record<string, string> = {
    form,
    framed: `<iframe srcdoc="${form.replaceAll("&", "&amp;").replaceAll('"', "&quot;")}"></iframe>`,
    image: `<img alt="" src="${target}">`,
    fetch: `<script>fetch("${target}", { method: "POST", mode: "no-cors", credentials: "include" }).catch(() => {})</script>`,
    navigation: `<script>location.href = "${target}"</script>`,
  };
  return ways[path.slice("/hostile/".length)] ?? "";
}
const WAYS = { form: "POST", framed: "POST", image: "GET", fetch: "POST", navigation: "GET" };

/** Does in a new tab what a visitor does and leaves; whether the page was measured. */
async function isMeasured(running: Running, path: string): Promise<boolean> {
  const since = installation.proxy.passed.length;
  const before = await outcomes(installation);
  const tab = await running.tab();
  await tab.goto(site.origin + path);
  await until("the script or its stub is there", () => tab.read("window.isotherm !== undefined"));
  const { active, reason } = await tab.read<{ active: boolean; reason: string | null }>("window.isotherm.status()");
  assert.notEqual(reason, "webdriver", "a visitor's browser does not say that it is driven");
  await tab.click("h1");
  await tab.goto(`${site.origin}${path}-left`);
  await until("the next page asks for the script", () => installation.proxy.counts(since)["GET /isotherm.js"] === 2);
  const heard = (): boolean => installation.proxy.beacons(since).some(({ body }) => body.includes(`"${path}"`));
  // A beacon is counted once it is answered.
  const answered = (): boolean => heard() && installation.proxy.beacons(since).every(({ status }) => status !== 0);
  // A page that is measured has said so by now or does shortly; of one that is not nothing is ever counted.
  if (active) await until("the measured page is heard", answered);
  const after = await outcomes(installation);
  const rose = Object.keys(after).filter((outcome) => after[outcome] !== before[outcome]);
  assert.deepEqual(rose, active ? ["admitted"] : [], "what the server counted");
  assert.equal(heard(), active);
  if (!active) assert.deepEqual(installation.proxy.counts(since), { "GET /isotherm.js": 2 }, "no request but the script's own");
  return active;
}

const kept = (tab: Tab): Promise<unknown> => tab.read("[{ ...localStorage }, { ...sessionStorage }, document.cookie]");

/** Opts out by the plain form and says what the page says of its reach. */
async function optOut(visitor: Visitor): Promise<string> {
  const running = await visitor.start();
  try {
    const tab = await running.tab();
    await tab.goto(`${installation.proxy.origin}/opt-out`);
    await tab.click("button");
    await until("the page reads its own effect back", async () => (await tab.read<string>("document.body.innerText")).includes(OPTED_OUT));
    const said = await tab.read<string>("document.body.innerText");
    assert.match(said, /Done\. The cookie arrived/);
    return await until("the frame says how far it reaches", async () => (await tab.frame()).trim() || false);
  } finally {
    await running.close();
  }
}

async function optIn(visitor: Visitor): Promise<void> {
  const running = await visitor.start();
  const tab = await running.tab();
  await tab.goto(`${installation.proxy.origin}/opt-out`);
  await tab.click("button");
  await until("the visitor is counted again", async () => (await tab.read<string>("document.body.innerText")).includes("You are counted"));
  await running.close();
}

/** Opts out without JavaScript, by keyboard alone. */
async function optOutWithoutScripts(visitor: Visitor): Promise<void> {
  const since = installation.proxy.passed.length;
  const running = await visitor.start(false);
  const tab = await running.tab();
  await tab.goto(`${installation.proxy.origin}/opt-out`);
  await tab.press("Tab");
  await tab.press("Enter");
  await until("the form led back to the page", () => {
    const counts = installation.proxy.counts(since);
    return counts["POST /opt-out"] === 1 && (counts["GET /opt-out"] ?? 0) >= 2 && (counts["GET /opt-out/reach"] ?? 0) >= 2;
  });
  await running.close();
}

async function nobodyOptsIn(visitor: Visitor): Promise<void> {
  const running = await visitor.start();
  for (const [way, method] of Object.entries(WAYS)) {
    const since = installation.proxy.passed.length;
    const tab = await running.tab();
    // A page that leads away at once may abort its own loading.
    await tab.goto(`${site.origin}/hostile/${way}`).catch(() => {});
    const tried = await until(`${way} asks`, () => installation.proxy.passed.slice(since).find((one) => one.path === "/opt-in" && one.status !== 0));
    assert.equal(tried.method, method);
    assert.ok([403, 404, 405].includes(tried.status), `${way}: ${tried.status}`);
  }
  const tab = await running.tab();
  await tab.goto(`${installation.proxy.origin}/opt-out`);
  assert.match(await tab.read<string>("document.body.innerText"), new RegExp(OPTED_OUT));
  await running.close();
}

/** Opts out on the site's own page in each way; then takes the flag back. */
async function ownFlag(visitor: Visitor): Promise<void> {
  const ways = {
    call: (tab: Tab): Promise<unknown> => tab.read("window.isotherm.optOut()"),
    link: (tab: Tab): Promise<unknown> => tab.click('a[href="#isotherm-optout"]'),
  };
  const running = await visitor.start();
  for (const [way, act] of Object.entries(ways)) {
    const tab = await running.tab();
    await tab.goto(`${site.origin}/by-${way}`);
    await until("the script is there", () => tab.read("window.isotherm !== undefined"));
    await tab.read("window.isotherm.optIn()");
    assert.deepEqual(await kept(tab), [{}, {}, ""]);
    await act(tab);
    assert.deepEqual(await kept(tab), [{ isotherm_optout: "1" }, {}, ""]);
    // A page that is left says what it counted before the visitor said no, or nothing.
    await tab.goto("about:blank");
    await until("what was on its way is answered", () => installation.proxy.passed.every(({ status }) => status !== 0));
    assert.equal(await isMeasured(running, `/after-${way}`), false);
  }
  await running.close();
  assert.equal(await measures(visitor, "/later"), false, "at the next start of the browser as well");
}

/** Where the script is blocked: who is out opts in and out again by what the site has of its own. */
async function withoutTheScript(visitor: Visitor): Promise<void> {
  const running = await visitor.start();
  const tab = await running.tab();
  const keeps = async (flag: object): Promise<boolean> => JSON.stringify(await kept(tab)) === JSON.stringify([flag, {}, ""]);
  await tab.goto(`${site.origin}/blocked/page`);
  assert.equal(await tab.read("window.isotherm === undefined"), true);
  await tab.click("[data-isotherm-optin]");
  await until("the flag is gone", () => keeps({}));
  await tab.click("p > a");
  await until("the flag is kept", () => keeps({ isotherm_optout: "1" }));
  assert.equal(await isMeasured(running, "/after-blocked"), false);
  await running.close();
}

/** Opts out of the one site by the form in its page. */
async function partitioned(visitor: Visitor): Promise<void> {
  const running = await visitor.start();
  const since = installation.proxy.passed.length;
  const tab = await running.tab();
  await tab.goto(`${site.origin}/form`);
  await until("the script is there", () => tab.read("window.isotherm !== undefined"));
  await tab.read("window.isotherm.optIn()");
  await tab.click("form button");
  await until("the form is answered", () => installation.proxy.passed.slice(since).some(({ path, status }) => path === "/opt-out/here" && status === 204));
  // The page itself was measured until now, and says so when it is left.
  await tab.goto("about:blank");
  await until("the page before is heard", () => installation.proxy.beacons(since).some(({ body, status }) => status !== 0 && body.includes('"/form"')));
  assert.equal(await isMeasured(running, "/after-form"), false);
  await running.close();
}

/** A kind of browser. */
export interface Kind {
  name: string;
  make(): Visitor | Promise<Visitor>;
  /** Whether the cookie reaches all sites; undefined where the browser's own default decides. */
  reaches: boolean | undefined;
}

/** Runs the body with a visitor of its own, who is forgotten afterwards. */
const visiting = (make: () => Visitor | Promise<Visitor>, body: (visitor: Visitor) => Promise<void>): Promise<void> =>
  telling(installation, async () => {
    const visitor = await make();
    try {
      await body(visitor);
    } finally {
      await visitor.forget();
    }
  });

async function measures(visitor: Visitor, path: string): Promise<boolean> {
  const running = await visitor.start();
  const measured = await isMeasured(running, path);
  await running.close();
  return measured;
}

/** All that a kind of browser must hold to. */
export function optsOutAsTold({ name, make, reaches }: Kind): void {
  test(`${name}: what the opt-out page says of its reach is true, and nobody else opts in`, (t) =>
    visiting(make, async (visitor) => {
      const said = await optOut(visitor);
      t.diagnostic(said);
      assert.ok(said === ALL || SEPARATE.test(said), said);
      if (reaches !== undefined) assert.equal(said === ALL, reaches, said);
      assert.equal(await measures(visitor, "/told"), said !== ALL, `it says: ${said}`);
      await nobodyOptsIn(visitor);
      await optIn(visitor);
      assert.equal(await measures(visitor, "/again"), true);
      await optOutWithoutScripts(visitor);
      assert.equal(await measures(visitor, "/scriptless"), said !== ALL);
    }));

  test(`${name}: each of a site's own ways holds for that site`, () =>
    visiting(make, async (visitor) => {
      await ownFlag(visitor);
      await withoutTheScript(visitor);
      await partitioned(visitor);
    }));
}

/** What a script must not listen to: what is typed, composed, put in, chosen, copied or pasted. */
const TYPED = `keydown keyup keypress input beforeinput textInput change select selectionchange submit reset search
  compositionstart compositionupdate compositionend copy cut paste beforecopy beforecut beforepaste focus blur focusin focusout`.split(/\s+/);

/** The kinds of events that anything of a page listens to, as the browser itself lists them. */
async function listeners(tab: Page): Promise<string[]> {
  const browser = await tab.context().newCDPSession(tab);
  const of = (objectId: string) => browser.send("DOMDebugger.getEventListeners", { objectId });
  const targets = "[window, document, visualViewport, ...document.querySelectorAll('*')]";
  const { result } = await browser.send("Runtime.evaluate", { expression: targets });
  const { result: members } = await browser.send("Runtime.getProperties", { objectId: result.objectId ?? "", ownProperties: true });
  const kinds = new Set<string>();
  for (const { value } of members) {
    if (!value?.objectId || value.className === "Array") continue;
    (await of(value.objectId)).listeners.forEach(({ type }) => kinds.add(type));
  }
  return [...kinds];
}

/** A measured page listens to nothing that is typed. */
export function hearsNothingTyped(): void {
  test("a measured page listens to no key, input, composition, clipboard or change, as the browser lists it", () =>
    telling(installation, async () => {
      const browser = await launch();
      try {
        const tab = await browser.newPage();
        await tab.goto(`${site.origin}/listeners`, { waitUntil: "load" });
        await until("the page is measured", () => tab.evaluate("window.isotherm?.status().active"));
        const heard = await listeners(tab);
        assert.ok(heard.includes("pointerdown") || heard.includes("click"), `the list is not the page's: ${heard.join(" ")}`);
        assert.deepEqual(heard.filter((kind) => TYPED.includes(kind)), []);
        // Whoever listens would be seen.
        await tab.evaluate("document.querySelector('h1').addEventListener('keydown', () => {})");
        assert.deepEqual((await listeners(tab)).filter((kind) => TYPED.includes(kind)), ["keydown"]);
      } finally {
        await browser.close();
      }
    }));
}

/** A signal of the browser: nothing is sent or stored. */
export function signalHolds(name: string, make: () => Visitor): void {
  test(`${name}: nothing but the script is asked for, and nothing is stored`, () =>
    visiting(make, async (visitor) => {
      const running = await visitor.start();
      assert.equal(await isMeasured(running, "/signal"), false);
      const tab = await running.tab();
      await tab.goto(`${site.origin}/stored`);
      await until("the script or its stub is there", () => tab.read("window.isotherm !== undefined"));
      await tab.click("h1");
      assert.deepEqual(await kept(tab), [{}, {}, ""]);
      assert.equal(await tab.read("indexedDB.databases().then((all) => all.length)"), 0);
      await running.close();
    }));
}
