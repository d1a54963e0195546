// What is not taken: each refusal has the contract's status, its own word, its own counter, and all sum to the requests.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { gzipSync } from "node:zlib";
import { beacon, head, post, pour, promiseTooMuch, said } from "../lib/beacons.js";
import { addressIn, addSite, ask, Embedded, outcomes, telling, type Site } from "../lib/installation.js";
import { until } from "../lib/until.js";

const ORIGIN = "https://shop.example";
const MEGABYTE = 1024 * 1024;
/** Beacons at once from one address that the contract promises to take, and how many the flood sends. */
const BURST = 100;
const FLOOD = 400;

let installation: Embedded;
let site: Site;
let other: Site;
/** POSTs sent by all tests. */
let sent = 0;

before(async () => {
  installation = await Embedded.start();
  site = await addSite(installation, "refuser", ORIGIN);
  other = await addSite(installation, "neighbour", "https://other.example");
});
after(() => installation?.stop());

const visitor = (headers: object = {}): object => ({ ...head(ORIGIN, addressIn("DE", sent)), ...headers });
const GOOD = beacon({ site: "refuser", path: "/p", cell: [1, 2] });

function send(body: string | Buffer, headers: object = {}): Promise<{ status: number; outcome: string }> {
  sent++;
  return post(installation.collectOrigin(), body, visitor(headers) as Record<string, string>).then(said);
}

function sendMuch(declared: boolean): Promise<{ status: number; outcome: string }> {
  sent++;
  return pour(installation.collectOrigin(), 10 * MEGABYTE, declared, visitor() as Record<string, string>);
}

const bomb = gzipSync(Buffer.alloc(10 * MEGABYTE, "{"));
const nested = `${"[".repeat(8000)}${"]".repeat(8000)}`;

/** What is sent, and what the contract says of it. */
const REFUSALS: Record<string, [status: number, outcome: string, () => Promise<{ status: number; outcome: string }>]> = {
  "a well-formed beacon": [204, "admitted", () => send(GOOD)],
  "the same as JSON": [204, "admitted", () => send(GOOD, { "content-type": "application/json" })],
  "Do Not Track": [204, "dnt", () => send(GOOD, { dnt: "1" })],
  "Global Privacy Control": [204, "gpc", () => send(GOOD, { "sec-gpc": "1" })],
  "the opt-out cookie": [204, "opted_out", () => send(GOOD, { cookie: "__Host-isotherm_optout=1" })],
  "a no wins over everything else": [204, "dnt", () => send(bomb, { dnt: "1", "content-encoding": "gzip", "content-type": "image/png" })],
  "a form": [400, "content_type", () => send(GOOD, { "content-type": "application/x-www-form-urlencoded" })],
  "a gzip bomb": [400, "encoding", () => send(bomb, { "content-encoding": "gzip" })],
  "a gzip bomb that does not say so": [400, "malformed", () => send(bomb)],
  "10 MB that say so": [413, "too_large", () => sendMuch(true)],
  "10 MB that do not": [413, "too_large", () => sendMuch(false)],
  "no JSON": [400, "malformed", () => send("{")],
  "nothing": [400, "malformed", () => send("")],
  "brackets 8,000 deep": [400, "malformed", () => send(nested)],
  "a field that nobody knows": [400, "malformed", () => send(beacon({ site: "refuser", path: "/p", cell: [1, 2] }, { user: "x" }))],
  "a cell beyond the grid": [400, "malformed", () => send(beacon({ site: "refuser", path: "/p", cell: [1024, 2] }))],
  "an unknown site": [204, "unknown_site", () => send(beacon({ site: "nobody", path: "/p", cell: [1, 2] }))],
  "a foreign origin": [204, "origin", () => send(GOOD, { origin: "https://evil.example" })],
  "an origin that is null": [204, "origin", () => send(GOOD, { origin: "null" })],
  "another site's origin": [204, "origin", () => send(GOOD, { origin: "https://other.example" })],
  "a crawler": [204, "bot", () => send(GOOD, { "user-agent": "Mozilla/5.0 (compatible; ExampleBot/1.0; +https://bot.example)" })],
  "a headless browser": [204, "bot", () => send(GOOD, { "user-agent": "Mozilla/5.0 (X11; Linux x86_64) HeadlessChrome/140.0.0.0" })],
};

for (const [name, [status, outcome, sending]] of Object.entries(REFUSALS)) {
  test(`${name}: ${status}, ${outcome}`, () =>
    telling(installation, async () => {
      const before = await outcomes(installation);
      assert.deepEqual(await sending(), { status, outcome });
      assert.deepEqual(await outcomes(installation), { ...before, [outcome]: (before[outcome] ?? 0) + 1 });
    }));
}

test("a body that is shorter than it says: malformed, when nobody waits for the answer any more", () =>
  telling(installation, async () => {
    const before = await outcomes(installation);
    sent++;
    await promiseTooMuch(installation.collectOrigin(), GOOD, visitor() as Record<string, string>);
    const wanted = { ...before, malformed: (before["malformed"] ?? 0) + 1 };
    await until("it is counted", async () => (await outcomes(installation))["malformed"] !== before["malformed"]);
    assert.deepEqual(await outcomes(installation), wanted);
  }));

test("a flood from one address: 429 beyond the burst, and other addresses do not notice", () =>
  telling(installation, async () => {
    const before = await outcomes(installation);
    const headers = { "x-forwarded-for": "203.0.113.77" };
    const began = performance.now();
    const answers = await Promise.all(Array.from({ length: FLOOD }, () => send(GOOD, headers)));
    // Besides the burst, at the default rate, what became free while the flood lasted.
    const most = BURST + Math.ceil((20 * (performance.now() - began)) / 1000) + 1;
    const admitted = answers.filter(({ outcome }) => outcome === "admitted").length;
    const limited = answers.filter(({ status, outcome }) => status === 429 && outcome === "rate_limited").length;
    assert.ok(admitted >= BURST && admitted <= most, `${admitted} admitted`);
    assert.equal(admitted + limited, FLOOD);
    assert.deepEqual(await send(GOOD), { status: 204, outcome: "admitted" });
    const { admitted: was = 0, rate_limited: limitedBefore = 0 } = before;
    const wanted = { ...before, admitted: was + admitted + 1, rate_limited: limitedBefore + limited };
    assert.deepEqual(await outcomes(installation), wanted);
  }));

test("the counters sum to the requests", async () => {
  const counted = Object.values(await outcomes(installation)).reduce((sum, n) => sum + n, 0);
  assert.equal(counted, sent);
});

test("answers are for the site's own tokens only", () =>
  telling(installation, async () => {
    const status = async (token: string, question: string): Promise<number> => (await ask(installation, { ...site, token }, question)).status;
    assert.equal(await status(site.token, "pages"), 200);
    assert.equal(await status("", "pages"), 401);
    assert.equal(await status("wrong", "pages"), 401);
    assert.equal(await status(`${site.token.slice(0, -1)}${site.token.endsWith("0") ? "1" : "0"}`, "pages"), 401);
    const foreign = await ask(installation, { ...site, token: other.token }, "pages");
    assert.equal(foreign.status, 403);
    assert.match(foreign.headers["content-type"] ?? "", /^application\/problem\+json/);
    const unknown = await ask(installation, { ...site, key: "nobody", token: other.token }, "pages");
    assert.deepEqual([unknown.status, unknown.body.toString()], [403, foreign.body.toString()], "nobody learns which sites there are");
    const bad = await ask(installation, site, "heatmap?page=/p&viewport=cinema");
    assert.deepEqual([bad.status, (JSON.parse(bad.body.toString()) as { parameter: string }).parameter], [400, "viewport"]);
  }));
