// Two sites, two tokens: whatever one site's people ask, in whatever way, nothing of the other comes back.

import assert from "node:assert/strict";
import type { OutgoingHttpHeaders } from "node:http";
import { after, before, test } from "node:test";
import { beacon, head, post, said } from "../lib/beacons.js";
import { send, type Answer } from "../lib/http.js";
import { addressIn, addSite, Embedded, json, telling } from "../lib/installation.js";
import { until } from "../lib/until.js";

/** Page views of each site's page; none of the other site's page. */
const SHOWN = 60;

/** A site with everything that opens it. */
interface Owner {
  key: string;
  origin: string;
  page: string;
  anchor: string;
  read: string;
  admin: string;
  /** Public names of its tokens. */
  tokens: string[];
}

let installation: Embedded;
let alder: Owner;
let birch: Owner;

before(async () => {
  installation = await Embedded.start();
  [alder, birch] = [await owner("alder"), await owner("birch")];
});
after(() => installation?.stop());

async function owner(key: string): Promise<Owner> {
  const origin = `https://${key}.example`;
  const [page, anchor] = [`/${key}-page`, `#${key}-thing`];
  const site = await addSite(installation, key, origin);
  const made = await installation.cli("token", "create", "--site", key, "--admin", "--json");
  const { token } = JSON.parse(made.stdout) as { token: string };
  const place = { layer: "click", cell: [3, 4], n: 1, first: 31, anchor, sub: [1, 1] };
  const sent = Array.from({ length: SHOWN }, (_, i) =>
    post(installation.collectOrigin(), beacon({ site: key, path: page, cell: [3, 4] }, { places: [place] }), head(origin, addressIn("DE", i))),
  );
  for (const answer of await Promise.all(sent)) assert.deepEqual(said(answer), { status: 204, outcome: "admitted" });
  await until(`${key} is counted`, async () => (await json<{ views: number }[]>(installation, site, "pages"))[0]?.views === SHOWN);
  const own = { key, origin, page, anchor, read: site.token, admin: token, tokens: [] };
  const listed = JSON.parse((await ask(own, { method: "GET", what: "tokens" }, bearer(token))).body.toString()) as { id: string }[];
  return { ...own, tokens: listed.map(({ id }) => id) };
}

interface Request {
  method: string;
  /** Below the site. */
  what: string;
  body?: object;
  accept?: string;
  /** The status for who may ask it, 200 if not said. */
  status?: number;
  /** Whether it takes a token that may administer. */
  administers?: boolean;
}

const bearer = (token: string): OutgoingHttpHeaders => ({ authorization: `Bearer ${token}` });

function ask({ key }: Owner, { method, what, body, accept }: Request, credentials: OutgoingHttpHeaders): Promise<Answer> {
  const headers = { ...credentials, "content-type": "application/json", ...(accept ? { accept } : {}) };
  return call(method, `/api/v1/sites/${key}/${what}`, headers, body);
}

const call = (method: string, path: string, headers: OutgoingHttpHeaders, body?: object): Promise<Answer> =>
  send(installation.apiOrigin() + path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });

/** Opens a session; the cookie as a browser would send it. */
async function session(token: string): Promise<OutgoingHttpHeaders> {
  const opened = await call("POST", "/api/v1/session", { "content-type": "application/json" }, { token });
  assert.equal(opened.status, 200);
  return { cookie: String(opened.headers["set-cookie"]?.[0]).split(";")[0] };
}

/** All that can be asked of a site. What changes something comes last and does no harm where it is allowed. */
function everything({ key, origin, page, tokens }: Owner): Request[] {
  const get = (what: string, accept?: string): Request => ({ method: "GET", what, ...(accept ? { accept } : {}) });
  const of = `page=${page}`;
  const change = (method: string, what: string, status: number, body?: object): Request => ({ method, what, status, administers: true, ...(body && { body }) });
  return [
    ...["pages", "countries", "viewports", "timeseries", "status", "settings"].map((what) => get(what)),
    ...["tokens", "shares", "rules", "networks", "retention"].map((what) => ({ ...get(what), administers: true })),
    ...["heatmap", "scroll", "elements", "countries", "viewports", "timeseries"].map((what) => get(`${what}?${of}`)),
    get(`heatmap?${of}&layer=exposure`),
    get(`heatmap?${of}&sealed=only`),
    get(`compare?${of}&variants=none,b`),
    get(`compare?${of}&from_a=2026-01-01&to_a=2026-01-31&from_b=2026-02-01&to_b=2026-02-28`),
    ...["pages", `heatmap?${of}`, `scroll?${of}`, "status"].map((what) => get(what, "text/csv")),
    get(`heatmap?${of}`, "image/png"),
    get(`heatmap?${of}`, "application/vnd.isotherm.cells"),
    ...["pages", `heatmap?${of}`, `elements?${of}`].map((what) => get(what, "application/vnd.apache.arrow.stream")),
    { method: "HEAD", what: "pages" },
    get("nothing-of-the-kind"),
    { method: "POST", what: "grants", body: { page }, status: 201 },
    change("POST", "tokens", 201, { scope: "read" }),
    change("POST", "shares", 201, { page, expires: new Date(Date.now() + 86_400_000).toISOString().slice(0, 10) }),
    change("PUT", "origins", 204, { origins: [origin] }),
    change("PUT", "networks", 204, { allow_ip: [] }),
    change("PUT", "retention", 204, { months: 25, then: "delete" }),
    change("POST", "widget", 204, { public_countries: false }),
    change("POST", "rules", 204, { pattern: `/${key}-private/**`, action: "drop" }),
    change("DELETE", `rules?pattern=/${key}-private/**`, 204),
    change("DELETE", "shares/0000000000000000", 404),
    ...tokens.map((id) => change("DELETE", `tokens/${id}`, 204)),
  ];
}

/** What only the site's own people may see. */
const secrets = ({ page, anchor, origin, tokens }: Owner): string[] => [page.slice(1), anchor.slice(1), origin, ...tokens];

function holdsNothingOf(other: Owner, answer: Answer, what: string): void {
  const text = JSON.stringify(answer.headers) + answer.body.toString("latin1");
  for (const secret of secrets(other)) assert.ok(!text.includes(secret), `${what} tells of the other site`);
}

const both = (): [Owner, Owner][] => [
  [alder, birch],
  [birch, alder],
];

/** Everything that the owner's people can show. */
const credentialsOf = async (own: Owner): Promise<Record<string, OutgoingHttpHeaders>> => ({
  "read token": bearer(own.read),
  "admin token": bearer(own.admin),
  "read session": await session(own.read),
  "admin session": await session(own.admin),
});

test("everything that the API document names below a site is asked", () =>
  telling(installation, async () => {
    const document = await call("GET", "/api/v1/openapi.json", {});
    const { paths } = JSON.parse(document.body.toString()) as { paths: Record<string, object> };
    const named = Object.entries(paths).flatMap(([path, methods]) => {
      const what = path.split("/sites/{site}/")[1];
      return what ? Object.keys(methods).filter((key) => /^(get|put|post|delete)$/.test(key)).map((method) => `${method} ${what.replace("{id}", "*")}`) : [];
    });
    const asked = everything(alder).map(({ method, what }) => `${method.toLowerCase()} ${what.replace(/\?.*/, "").replace(/\/.*/, "/*")}`);
    assert.ok(named.length > 20, `${named.length} operations`);
    assert.deepEqual(named.filter((one) => !asked.includes(one)), []);
  }));

test("without anything, or with what nobody made, each request is 401 and says nothing", () =>
  telling(installation, async () => {
    for (const own of [alder, birch]) {
      for (const request of everything(own)) {
        const forged = [{}, bearer(`iso_${"A".repeat(43)}`), bearer(""), { cookie: "__Host-isotherm_session=e30.AAAA" }];
        for (const credentials of forged) {
          const answer = await ask(own, request, credentials);
          assert.equal(answer.status, 401, `${request.method} ${request.what}`);
          holdsNothingOf(own, answer, request.what);
        }
      }
    }
  }));

test("with the other site's token or session each request is 403 and says nothing", () =>
  telling(installation, async () => {
    for (const [own, other] of both()) {
      for (const [name, credentials] of Object.entries(await credentialsOf(other))) {
        for (const request of everything(own)) {
          const answer = await ask(own, request, credentials);
          assert.equal(answer.status, 403, `${request.method} ${request.what} with the other's ${name}`);
          holdsNothingOf(own, answer, request.what);
        }
      }
    }
  }));

test("with a share link of the other site each request is refused and says nothing", () =>
  telling(installation, async () => {
    for (const [own, other] of both()) {
      const expires = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
      const made = await ask(other, { method: "POST", what: "shares", body: { expires } }, bearer(other.admin));
      const { url } = JSON.parse(made.body.toString()) as { url: string };
      const opened = await call("POST", "/api/v1/shared", { "content-type": "application/json" }, { secret: url.split("/").pop() });
      const link = (JSON.parse(opened.body.toString()) as { bearer: string }).bearer;
      for (const request of everything(own)) {
        const answer = await ask(own, request, bearer(link));
        assert.ok([401, 403].includes(answer.status), `${request.method} ${request.what}: ${answer.status}`);
        holdsNothingOf(own, answer, request.what);
      }
    }
  }));

test("the owner's own people see what is theirs and nothing of the other", () =>
  telling(installation, async () => {
    for (const [own, other] of both()) {
      for (const [name, credentials] of Object.entries(await credentialsOf(own))) {
        const seen: string[] = [];
        const ends = /^tokens\/|^nothing-of-the-kind/;
        for (const request of everything(own).filter(({ what }) => !ends.test(what))) {
          const answer = await ask(own, request, credentials);
          const refused = name.startsWith("read") && request.administers;
          assert.equal(answer.status, refused ? 403 : (request.status ?? 200), `${request.method} ${request.what} with a ${name}`);
          holdsNothingOf(other, answer, request.what);
          seen.push(answer.body.toString("latin1"));
        }
        for (const secret of secrets(own).slice(0, 3)) assert.ok(seen.some((text) => text.includes(secret)), `a ${name} shows its own ${secret}`);
      }
    }
  }));

test("asking one's own site for the other's page is like asking for a page that does not exist", () =>
  telling(installation, async () => {
    for (const [own, other] of both()) {
      for (const what of ["heatmap", "scroll", "elements", "countries", "viewports", "timeseries"]) {
        const [theirs, nobodys] = [other.page, "/nobodys-page"].map((page) => ask(own, { method: "GET", what: `${what}?page=${page}` }, bearer(own.read)));
        const [one, another] = [await theirs, await nobodys];
        assert.equal(one?.status, 200, what);
        assert.equal(one?.body.toString().replaceAll(other.page, "/nobodys-page"), another?.body.toString(), what);
      }
    }
  }));

test("another site's tokens can be neither listed nor revoked, by whatever way they are named", () =>
  telling(installation, async () => {
    for (const [own, other] of both()) {
      for (const id of other.tokens) {
        const answer = await ask(own, { method: "DELETE", what: `tokens/${id}` }, bearer(own.admin));
        assert.equal(answer.status, 404);
      }
      for (const token of [other.read, other.admin]) {
        assert.equal((await ask(other, { method: "GET", what: "pages" }, bearer(token))).status, 200, "it opens its own site as before");
      }
      const ways = [`${own.key}/../${other.key}`, `${own.key}%2F..%2F${other.key}`, other.key.toUpperCase(), `${other.key}%00`, `${own.key},${other.key}`];
      for (const way of ways) {
        const answer = await call("GET", `/api/v1/sites/${way}/pages`, bearer(own.admin));
        assert.notEqual(answer.status, 200, way);
        holdsNothingOf(other, answer, way);
      }
      const named = await ask(own, { method: "GET", what: `pages?site=${other.key}` }, bearer(own.admin));
      assert.equal(named.status, 400);
    }
  }));

test("a grant opens one page of one site for one origin, and is neither token nor session", () =>
  telling(installation, async () => {
    const overlay = (grant: string, origin: string, more: object = {}): Promise<Answer> =>
      call("POST", "/api/v1/overlay", { "content-type": "text/plain", origin }, { grant, ...more });
    const granted = async (own: Owner, page: string): Promise<string> => {
      const answer = await ask(own, { method: "POST", what: "grants", body: { page } }, bearer(own.read));
      const { url } = JSON.parse(answer.body.toString()) as { url: string };
      assert.ok(url.startsWith(`${own.origin}${page}#`));
      return url.split("=")[1] ?? "";
    };
    for (const [own, other] of both()) {
      const grant = await granted(own, own.page);
      const good = await overlay(grant, own.origin);
      assert.equal(good.status, 200);
      assert.ok(good.body.toString().includes(own.anchor));
      assert.equal(good.headers["access-control-allow-origin"], own.origin);
      for (const [what, answer, status] of [
        ["from the other's page", await overlay(grant, other.origin), 403],
        ["from nowhere", await call("POST", "/api/v1/overlay", { "content-type": "text/plain" }, { grant }), 403],
        ["for the other site", await overlay(grant, own.origin, { site: other.key }), 400],
        ["for another page", await overlay(grant, own.origin, { page: other.page }), 400],
        ["changed", await overlay(`${grant.slice(0, -2)}${grant.endsWith("AA") ? "BB" : "AA"}`, own.origin), 401],
        ["as a token", await call("GET", `/api/v1/sites/${own.key}/pages`, bearer(grant)), 401],
        ["as a session", await call("GET", `/api/v1/sites/${own.key}/pages`, { cookie: `__Host-isotherm_session=${grant}` }), 401],
        ["that is a session", await overlay(String((await session(own.read))["cookie"]).split("=")[1] ?? "", own.origin), 401],
      ] as const) {
        assert.equal(answer.status, status, what);
        holdsNothingOf(own, answer, what);
        holdsNothingOf(other, answer, what);
      }
      const empty = await overlay(await granted(own, other.page), own.origin);
      assert.equal(empty.status, 200);
      const { heatmap } = JSON.parse(empty.body.toString()) as { heatmap: { views: number; elements: unknown[] } };
      assert.deepEqual([heatmap.views, heatmap.elements], [0, []], "the other's page under one's own key is a page without data");
    }
  }));

test("a revoked token takes its sessions and grants with it, at once", () =>
  telling(installation, async () => {
    const made = await ask(alder, { method: "POST", what: "tokens", body: { scope: "read" } }, bearer(alder.admin));
    const { id, token } = JSON.parse(made.body.toString()) as { id: string; token: string };
    const cookie = await session(token);
    const granting = await ask(alder, { method: "POST", what: "grants", body: { page: alder.page } }, cookie);
    const grant = (JSON.parse(granting.body.toString()) as { url: string }).url.split("=")[1];
    const overlay = (): Promise<Answer> => call("POST", "/api/v1/overlay", { "content-type": "text/plain", origin: alder.origin }, { grant });
    assert.equal((await overlay()).status, 200);
    assert.equal((await ask(alder, { method: "DELETE", what: `tokens/${id}` }, bearer(alder.admin))).status, 204);
    for (const credentials of [bearer(token), cookie]) assert.equal((await ask(alder, { method: "GET", what: "pages" }, credentials)).status, 401);
    assert.equal((await overlay()).status, 401);
  }));

test("the public picture of countries is for sites that want it; any other is like no site at all", () =>
  telling(installation, async () => {
    const picture = (key: string): Promise<Answer> => call("GET", `/widget/${key}/countries.svg`, {});
    const [known, unknown] = [await picture(alder.key), await picture("nobody")];
    assert.equal(known.status, 404);
    assert.deepEqual([known.status, known.body.toString()], [unknown.status, unknown.body.toString()]);
    holdsNothingOf(alder, known, "the picture");
  }));
