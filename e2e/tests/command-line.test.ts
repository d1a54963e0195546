// The command line: with and without a running service, and the way it starts and stops.

import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { beacon, head, post, said } from "../lib/beacons.js";
import { rows } from "../lib/engine.js";
import { addressIn, addSite, ask, Embedded, telling, type Site } from "../lib/installation.js";
import { ISOTHERM } from "../lib/paths.js";
import { run, STOP_MS } from "../lib/processes.js";
import { serveShop, type Shop } from "../lib/shop.js";
import { until, within } from "../lib/until.js";

const ORIGIN = "https://shop.example";
/** Beacons that are on their way when the service is told to stop. */
const AT_STOP = 300;

let installation: Embedded;
let shop: Shop;

before(async () => {
  [installation, shop] = await Promise.all([Embedded.prepare(), serveShop()]);
});
after(async () => {
  await shop?.close();
  await installation?.stop();
});

const send = (site: string, i = 0, path = "/p"): Promise<{ status: number; outcome: string }> =>
  post(installation.collectOrigin(), beacon({ site, path, cell: [i % 1024, 7] }), head(ORIGIN, addressIn("JP", i))).then(said);

const sites = async (): Promise<string[]> => {
  const listed = await installation.cli("site", "list", "--json");
  assert.equal(listed.code, 0, listed.stderr);
  return (JSON.parse(listed.stdout) as { site: string }[]).map(({ site }) => site).sort();
};

const answerOf = async (site: Site): Promise<number> => (await ask(installation, site, "pages")).status;

let early: Site;

test("a site can be added before anything runs", () =>
  telling(installation, async () => {
    early = await addSite(installation, "early", ORIGIN);
    assert.equal(early.tag, `<script defer src="${installation.proxy.origin}/isotherm.js" data-site="early"></script>`);
    assert.deepEqual(await sites(), ["early"]);
  }));

test("doctor says that nothing runs, and fails", () =>
  telling(installation, async () => {
    const stopped = await installation.cli("doctor");
    assert.equal(stopped.code, 1, stopped.stdout);
    assert.match(stopped.stdout, /^WRONG .*no service runs/m);
    assert.match(stopped.stdout, /^ok .*country file can be read/m);
  }));

test("up knows the site that was added before, and a site added now is measured when the command returns", () =>
  telling(installation, async () => {
    await installation.launch();
    assert.deepEqual(await send("early"), { status: 204, outcome: "admitted" });
    assert.equal(await answerOf(early), 200);
    assert.deepEqual(await send("late"), { status: 204, outcome: "unknown_site" });
    const late = await addSite(installation, "late", ORIGIN);
    assert.deepEqual(await send("late"), { status: 204, outcome: "admitted" });
    assert.equal(await answerOf(late), 200);
    assert.deepEqual(await sites(), ["early", "late"]);
  }));

test("site add refuses what is no key and no origin, in one sentence", () =>
  telling(installation, async () => {
    for (const [key, origin] of [["No Key", ORIGIN], ["fine", "https://shop.example/with/path"], ["fine", "not a url"]] as const) {
      const refused = await installation.cli("site", "add", key, "--origin", origin);
      assert.equal(refused.code, 1);
      assert.match(refused.stderr, /^isotherm: [^\n]+\n$/);
    }
    assert.deepEqual(await sites(), ["early", "late"]);
  }));

test("doctor finds nothing wrong with a running service, and looks for the tag on a page", () =>
  telling(installation, async () => {
    const running = await installation.cli("doctor");
    assert.equal(running.code, 0, running.stdout + running.stderr);
    assert.match(running.stdout, /^ok .*service is ready/m);
    const without = await installation.cli("doctor", "--url", `${shop.origin}/products`);
    assert.equal(without.code, 1);
    assert.match(without.stdout, /^WRONG .*no script tag/m);
    shop.tag = early.tag;
    const elsewhere = await installation.cli("doctor", "--url", `${shop.origin}/products`);
    assert.match(elsewhere.stdout, /^WRONG pages of http:\/\/localhost:\d+ may not send for `early`: .*site add early --origin/m);
    const added = await installation.cli("site", "add", "early", "--origin", ORIGIN, "--origin", shop.origin);
    assert.equal(added.code, 0, added.stderr);
    const tagged = await installation.cli("doctor", "--url", `${shop.origin}/products`);
    assert.equal(tagged.code, 0, tagged.stdout);
  }));

test("doctor says what keeps a page from being measured", () =>
  telling(installation, async () => {
    const service = installation.proxy.origin;
    const policy = (text: string): string => `<meta http-equiv="Content-Security-Policy" content="${text}">${early.tag}`;
    const faults: [string, RegExp[]][] = [
      [`<!-- ${early.tag} --><script>const tag = '${early.tag.replace("</script>", "")}'</script>`, [/no script tag as it is delivered/]],
      [early.tag.replace(service, "https://heat.example"), [/loads from https:\/\/heat\.example, and pages find this service at http:/]],
      [early.tag.replace(/ data-site="[^"]*"/, ""), [/no data-site/]],
      [early.tag.replace('"early"', '"nobody"'), [/data-site is no site here/]],
      [policy("default-src 'self'"), [/keeps the script out: its default-src must allow/, /keeps beacons from leaving: its default-src must allow/]],
      [policy(`script-src ${service}; connect-src 'none'`), [/keeps beacons from leaving: its connect-src must allow/]],
    ];
    for (const [html, causes] of faults) {
      shop.pages.set("/faulty", `<!doctype html><title>A page</title>${html}`);
      const found = await installation.cli("doctor", "--url", `${shop.origin}/faulty`);
      const wrong = found.stdout.split("\n").filter((line) => line.startsWith("WRONG"));
      assert.equal(wrong.length, causes.length, found.stdout);
      for (const [i, cause] of causes.entries()) assert.match(wrong[i] ?? "", cause);
      assert.equal(found.code, 1);
    }
    shop.pages.set("/faulty", `<!doctype html><title>A page</title>${policy(`default-src ${service}`)}`);
    const right = await installation.cli("doctor", "--url", `${shop.origin}/faulty`);
    assert.equal(right.code, 0, right.stdout);
    assert.match((await installation.cli("doctor", "--url", "shop")).stdout, /^WRONG --url is no address of a page/m);
  }));

test("tokens open when they are made, and nothing any more when they are revoked", () =>
  telling(installation, async () => {
    const made = await installation.cli("token", "create", "--site", "early", "--json");
    assert.equal(made.code, 0, made.stderr);
    const { id, token } = JSON.parse(made.stdout) as { id: string; token: string };
    assert.equal(await answerOf({ ...early, token }), 200);
    const listed = await installation.cli("token", "list", "--json");
    const tokens = JSON.parse(listed.stdout) as { id: string }[];
    assert.ok(tokens.some((one) => one.id === id));
    assert.ok(!listed.stdout.includes(token), "a token is shown once");
    assert.equal((await installation.cli("token", "revoke", id)).code, 0);
    assert.equal(await answerOf({ ...early, token }), 401);
    assert.equal(await answerOf(early), 200);
    assert.equal((await installation.cli("token", "revoke", id)).code, 1, "it is gone");
    assert.equal((await installation.cli("token", "create", "--site", "nobody")).code, 1);
  }));

test("site remove says what goes, and its beacons and answers go at once", () =>
  telling(installation, async () => {
    const gone = await addSite(installation, "gone", ORIGIN);
    assert.deepEqual(await send("gone"), { status: 204, outcome: "admitted" });
    const removed = await installation.cli("site", "remove", "gone");
    assert.equal(removed.code, 0, removed.stderr);
    for (const said of [/`gone` is removed/, /tokens and answers are gone/, /rows of counts/, /within 72 hours/]) assert.match(removed.stdout, said);
    assert.deepEqual(await send("gone"), { status: 204, outcome: "unknown_site" });
    assert.ok([401, 403].includes(await answerOf(gone)));
    assert.deepEqual(await sites(), ["early", "late"]);
    assert.equal((await installation.cli("site", "remove", "gone")).code, 1);
  }));

test("check-config tells every mistake with its line", async () => {
  const folder = mkdtempSync(join(tmpdir(), "isotherm-config-"));
  try {
    const file = join(folder, "c.toml");
    writeFileSync(file, '[ingest]\nack = "maybe"\nrate_per_address_per_s = 0\n\n[colour]\nred = 1\n');
    const wrong = await run(ISOTHERM, ["check-config", file]);
    const lines = (wrong.stdout + wrong.stderr).trimEnd().split("\n");
    assert.equal(wrong.code, 1);
    assert.deepEqual(lines.map((line) => /:(\d+): /.exec(line)?.[1]), ["2", "3", "5"], lines.join("\n"));
    writeFileSync(file, '[ingest]\nack = "disk"\n');
    assert.equal((await run(ISOTHERM, ["check-config", file])).code, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("every command explains itself with an example", async () => {
  for (const command of [["up"], ["ingest"], ["aggregate"], ["query"], ["migrate"], ["site", "add"], ["token", "create"], ["verify"], ["doctor"], ["check-config"], ["demo"]]) {
    const help = await run(ISOTHERM, [...command, "--help"]);
    assert.equal(help.code, 0, command.join(" "));
    assert.match(help.stdout, /Example:\n {2}isotherm /, command.join(" "));
  }
});

test("a second up on the same data directory is refused and told who holds it", () =>
  telling(installation, async () => {
    const second = installation.spawn();
    try {
      const end = await within("the refusal", STOP_MS, second.ended);
      assert.equal(end.code, 1);
      assert.match(second.lines.join("\n"), new RegExp(`in use by another isotherm \\(process ${installation.up.pid}\\)`));
    } finally {
      await second.kill();
    }
    assert.deepEqual(await send("early", 1), { status: 204, outcome: "admitted" });
  }));

test("SIGTERM ends it within 10 s and with 0, and what was admitted is counted after the next start", () =>
  telling(installation, async () => {
    const sending = Array.from({ length: AT_STOP }, (_, i) => send("late", i, "/at-the-stop").then(({ outcome }) => (outcome === "admitted" ? [i] : []), () => []));
    await Promise.race(sending.slice(AT_STOP / 2));
    const end = await installation.end();
    assert.deepEqual(end, { code: 0, signal: null });
    const admitted = (await Promise.all(sending)).flat().sort((one, other) => one - other);
    await installation.launch();
    const counted = await until("all that was admitted is counted", async () => {
      const sql = `SELECT x, toUInt32(sum(live.n)) AS n FROM live WHERE kind = 'grid' AND site = 'late' AND y = 7 AND x > 0 GROUP BY x ORDER BY x`;
      const found = await rows<{ x: number; n: number }>(installation.engineFile(), sql);
      return found.length >= admitted.filter((x) => x > 0).length && found;
    });
    assert.deepEqual(counted.filter(({ n }) => n !== 1), []);
    const numbers = new Set(counted.map(({ x }) => x));
    assert.deepEqual(admitted.filter((x) => x > 0 && !numbers.has(x)), []);
    const verified = await installation.cli("verify");
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
    assert.match(verified.stdout, /ledger is right/);
  }));
