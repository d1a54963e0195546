// Any page: what the page itself does, says and reports is the same with the script as without it.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { hide, launch, page, serve } from "./lib.mjs";
import { html, TYPES } from "./types-of-pages.mjs";

const TAG = `<script defer src="/isotherm.js" data-site="acme"></script>`;
const BUTTON = `<button id="buy" style="width:200px;height:80px">Buy</button>`;
const SEED = Number(process.env.ISOTHERM_SEED || 20261121);

let server;
let browser;

before(async () => {
  console.log(`seed ${SEED}`);
  const pages = {};
  TYPES.forEach((type, index) => {
    pages[`/with-${index}`] = html(type, true, TAG);
    pages[`/without-${index}`] = html(type, true, "");
  });
  server = await serve({
    "*": page(BUTTON),
    ...pages,
    "/twice": page(BUTTON, TAG + TAG),
    "/written": page(`${BUTTON}<script>document.write('<script src="/isotherm.js" data-site="acme"><\\/script>')</script>`, ""),
    "/early": `<!doctype html>${TAG.replace(" defer", "")}<title>No body yet</title><body>${BUTTON}`,
    "/frames": `<!doctype html>${TAG}<frameset cols="50%,50%"><frame src="/x"><frame src="/x"></frameset>`,
    "/frozen": page(BUTTON, `<script>for (const one of [Object.prototype, Array.prototype, Function.prototype, String.prototype, EventTarget.prototype, Element.prototype, Map.prototype, Set.prototype, JSON, Math, Promise, history, navigator]) Object.freeze(one); addEventListener("load", () => Object.freeze(document.body))</script>${TAG}`),
    "/banner": page(`${BUTTON}<div style="position:fixed;inset:0;background:#0008"><button id="agree" style="margin:200px">Agree</button></div>`),
    "/app": page(`<div id="root"></div><script>let n = 0; const draw = () => (root.innerHTML = '<nav><button id="go">Go</button></nav><p>' + n++ + '</p>'); draw(); setInterval(draw, 50)</script>`),
  });
  browser = await launch();
});
after(async () => {
  await browser.close();
  await server.close();
});

// A page of its own; gives what the page's own handlers and reports heard while `act` went on.
async function heard(path, act, prepare = () => {}) {
  const context = await browser.newContext({ viewport: { width: 1000, height: 800 } });
  const said = [];
  await context.addInitScript(() => {
    window.said = [];
    addEventListener("error", (event) => window.said.push(`error ${event.message}`));
    addEventListener("unhandledrejection", (event) => window.said.push(`rejection ${event.reason}`));
    document.addEventListener("securitypolicyviolation", (event) => window.said.push(`csp ${event.violatedDirective} ${event.blockedURI}`));
    new ReportingObserver((reports) => reports.forEach(({ type }) => window.said.push(`report ${type}`)), { buffered: true }).observe();
  });
  await prepare(context);
  const tab = await context.newPage();
  tab.on("console", (message) => said.push(`console ${message.text()}`));
  tab.on("pageerror", (error) => said.push(`pageerror ${error.message}`));
  await tab.goto(server.origin + path);
  const gave = await act(tab);
  said.push(...(await tab.evaluate(() => window.said)));
  await context.close();
  return [said, gave];
}

const clicksOn = (path) => server.until((all) => all.some((beacon) => beacon.path === path && beacon.places.length > 0)).then((all) => all.filter((beacon) => beacon.path === path));

test("errors, reports and network of 26 page types are the same with and without it", async () => {
  for (const [index, [name]] of TYPES.entries()) {
    const run = async (kind) => {
      server.forget();
      const [said] = await heard(`/${kind}-${index}`, async (tab) => {
        await tab.mouse.click(300, 200);
        await tab.mouse.click(500, 400);
        await tab.mouse.wheel(0, 500);
        await hide(tab);
      });
      const asked = server.requests.map(({ method, path }) => `${method} ${path.replace(/with(out)?/, "")}`).filter((line) => !/isotherm.js|collect|favicon/.test(line));
      return [said, asked];
    };
    assert.deepEqual(await run("with"), await run("without"), name);
  }
});

for (const [name, path] of [
  ["a tag given twice", "/twice"],
  ["document.write", "/written"],
  ["a page whose body is still to come", "/early"],
  ["frozen globals", "/frozen"],
]) {
  test(`${name}: one click is counted once, nothing breaks`, async () => {
    server.forget();
    const [said] = await heard(path, async (tab) => {
      await tab.click("#buy");
      await hide(tab);
      await clicksOn(path);
    });
    assert.deepEqual(said, []);
    const beacons = await clicksOn(path);
    assert.deepEqual(beacons.flatMap(({ places }) => places.map(({ anchor, n }) => [anchor, n])), [["#buy", 1]]);
    assert.equal(beacons.filter(({ view }) => view).length, 1);
  });
}

test("a document without a body, of frames, is no error", async () => {
  const [said] = await heard("/frames", (tab) => hide(tab));
  assert.deepEqual(said, []);
});

test("a page that draws itself anew all the time keeps its anchors", async () => {
  server.forget();
  await heard("/app", async (tab) => {
    for (let again = 0; again < 3; again++) {
      const box = await tab.evaluate(() => document.getElementById("go").getBoundingClientRect().toJSON());
      await tab.mouse.click(box.x + 5, box.y + 5);
    }
    await hide(tab);
  });
  const beacons = await clicksOn("/app");
  assert.deepEqual(beacons.flatMap(({ places }) => places.map(({ anchor, n }) => [anchor, n])), [["#go", 3]]);
});

test("a banner over the page takes its own clicks and none of the page's", async () => {
  server.forget();
  await heard("/banner", async (tab) => {
    await tab.click("#agree");
    await tab.evaluate(() => document.getElementById("agree").parentElement.remove());
    await tab.click("#buy");
    await hide(tab);
  });
  const beacons = await clicksOn("/banner");
  assert.deepEqual(beacons.flatMap(({ places }) => places.map(({ anchor }) => anchor)).sort(), ["#agree", "#buy"]);
});

test("it works under the strictest policy that allows its origin, without one report", async () => {
  const script = readFileSync(new URL("../dist/isotherm.js", import.meta.url));
  const posts = [];
  const reports = [];
  const service = createServer((request, response) => {
    const chunks = [];
    request.on("data", (chunk) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method === "POST") posts.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(request.method === "POST" ? 204 : 200, { "content-type": "text/javascript" }).end(request.method === "POST" ? "" : script);
    });
  });
  await new Promise((done) => service.listen(0, "127.0.0.1", done));
  const origin = `http://127.0.0.1:${service.address().port}`;
  const policy = `default-src 'none'; script-src ${origin}; connect-src ${origin}; require-trusted-types-for 'script'; report-uri /report`;
  const site = createServer((request, response) => {
    if (request.url === "/report") reports.push(request.url);
    response.writeHead(200, { "content-type": "text/html", "content-security-policy": policy }).end(`<!doctype html><script defer src="${origin}/isotherm.js" data-site="acme"></script><button>Buy</button>`);
  });
  await new Promise((done) => site.listen(0, "127.0.0.1", done));
  const context = await browser.newContext();
  await context.addInitScript(() => {
    window.said = [];
    document.addEventListener("securitypolicyviolation", (event) => window.said.push(event.violatedDirective));
  });
  const tab = await context.newPage();
  await tab.goto(`http://localhost:${site.address().port}/`);
  await tab.click("button");
  await hide(tab);
  const late = Date.now() + 10_000;
  while (!posts.some(({ places }) => places.length > 0) && Date.now() < late) await tab.evaluate(() => new Promise((done) => setTimeout(done, 20)));
  assert.deepEqual(await tab.evaluate(() => window.said), []);
  await context.close();
  for (const one of [service, site]) {
    one.closeAllConnections();
    await new Promise((done) => one.close(done));
  }
  assert.deepEqual(reports, []);
  assert.ok(posts.some(({ places }) => places.some(({ layer }) => layer === "click")));
});

test("random trees that change while they are clicked never make it throw", async () => {
  const [said, [acts, placed]] = await heard(
    "/fuzz",
    (tab) =>
      tab.evaluate(async (seed) => {
        const below = (most) => {
          seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
          return Math.floor((seed / 2 ** 32) * most);
        };
        const pick = (list) => list[below(list.length)];
        const tags = ["div", "a", "button", "label", "input", "select", "svg", "x-card", "table", "tr", "details", "iframe", "template", "slot", "math", "form", "dialog", "canvas", "é-x"];
        const names = ["id", "class", "name", "role", "type", "rel", "data-isotherm", "data-isotherm-ignore", "aria-posinset", "style", "hidden", "for", "is"];
        const values = ["", "a", "x y", '"', "\\", "]", "\u0000", "\u{1F600}", "9", "-", "a".repeat(600), "display:contents", "position:fixed", "children", "parentElement", "localName"];
        const grow = (left) => {
          const element = document.createElement(pick(tags));
          for (let n = below(4); n > 0; n--) {
            try {
              element.setAttribute(pick(names), pick(values));
            } catch {}
          }
          let into = element;
          try {
            if (below(4) === 0) into = element.attachShadow({ mode: pick(["open", "closed"]) });
          } catch {}
          for (let n = below(4); n > 0 && left > 0; n--) into.append(pick([() => grow(left - 1), () => "text", () => document.createComment("c")])());
          return element;
        };
        let acts = 0;
        for (let round = 0; round < 150; round++) {
          if (!document.documentElement) document.append(document.createElement("html"));
          if (!document.body) document.documentElement.append(document.createElement("body"));
          document.body.replaceChildren(grow(6), grow(6));
          const all = (root) => [...root.querySelectorAll("*")].flatMap((one) => [one, ...(one.shadowRoot ? all(one.shadowRoot) : [])]);
          for (const element of all(document)) {
            const kind = below(6);
            const options = { bubbles: true, composed: true, clientX: below(3000) - 500, clientY: below(3000) - 500, detail: below(2), pointerType: pick(["touch", "mouse", ""]) };
            const event = kind === 0 ? new Event("scroll", options) : kind === 1 ? new Event("touchend", options) : kind === 2 ? new PointerEvent("pointerdown", options) : new PointerEvent("click", options);
            if (below(3) === 0) element.addEventListener("click", () => element.remove(), { once: true, capture: true });
            element.dispatchEvent(event);
            acts++;
          }
          if (below(3) === 0) history.pushState({}, "", `/fuzz/${below(5)}#${pick(["", "isotherm-", "%", "/a?b"])}`);
          if (below(4) === 0) dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true }));
          if (below(4) === 0) dispatchEvent(new Event("pagehide"));
          if (below(20) === 0) window.isotherm.optOut(), window.isotherm.optIn();
          await new Promise((done) => setTimeout(done));
        }
        document.documentElement.remove();
        dispatchEvent(new PointerEvent("click"));
        dispatchEvent(new Event("pagehide"));
        await new Promise((done) => setTimeout(done, 1200));
        return [acts, window.placed];
      }, SEED),
    async (context) => {
      await context.addInitScript(() => {
        window.placed = 0;
        Navigator.prototype.sendBeacon = (_, body) => (window.placed += JSON.parse(body).places.length) >= 0;
      });
      // Here the page's own clicks count, too, so that the script looks at all of them.
      const script = readFileSync(new URL("../dist/isotherm.js", import.meta.url), "utf8");
      assert.ok(script.includes(".isTrusted"));
      await context.route("**/isotherm.js", (route) => route.fulfill({ contentType: "text/javascript", body: script.replace(".isTrusted", ".bubbles") }));
    },
  );
  assert.deepEqual(said.filter((line) => !/console/.test(line)), []);
  assert.ok(acts > 500, `${acts} acts`);
  assert.ok(placed > 50, `${placed} places`);
});
