// Frozen versions: written once, never again, and a browser takes them by their hash.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { brotliDecompressSync } from "node:zlib";
import { freeze, pinned } from "../scripts/freeze.mjs";
import { launch } from "./lib.mjs";

let folder;

before(() => {
  folder = mkdtempSync(join(tmpdir(), "isotherm-frozen-"));
});
after(() => rmSync(folder, { recursive: true }));

test("freezing twice gives the same bytes and hash; changed bytes are refused, and so is what is no version", async () => {
  const path = join(folder, "isotherm.v1.js");
  const hash = await freeze("v1", folder);
  const bytes = readFileSync(path);
  assert.equal(await freeze("v1", folder), hash);
  assert.ok(readFileSync(path).equals(bytes));
  assert.ok(brotliDecompressSync(readFileSync(`${path}.br`)).equals(bytes));
  await assert.rejects(freeze("../v1", folder), /name a version/);
  writeFileSync(path, Buffer.concat([bytes, Buffer.from(" ")]));
  await assert.rejects(freeze("v1", folder), /frozen/);
  writeFileSync(path, bytes);
});

test("a browser runs the frozen script by its hash, and nothing else under it", async (t) => {
  const hash = await freeze("v1", folder);
  const bytes = readFileSync(join(folder, "isotherm.v1.js"));
  let served = bytes;
  const scripts = createServer((_, response) => response.writeHead(200, { "content-type": "text/javascript", "access-control-allow-origin": "*" }).end(served));
  await new Promise((done) => scripts.listen(0, "127.0.0.1", done));
  const origin = `http://127.0.0.1:${scripts.address().port}`;
  const pages = createServer((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(`<!doctype html>${pinned("v1", hash).replace("https://HOST", origin).replace("KEY", "acme")}<p>Page`));
  await new Promise((done) => pages.listen(0, "127.0.0.1", done));
  const browser = await launch();
  t.after(async () => {
    await browser.close();
    for (const one of [scripts, pages]) one.closeAllConnections(), one.close();
  });
  const status = async () => {
    const tab = await browser.newPage();
    await tab.goto(`http://localhost:${pages.address().port}/`);
    const said = await tab.evaluate(() => window.isotherm?.status() ?? null);
    await tab.close();
    return said;
  };
  assert.deepEqual(await status(), { active: true, reason: null });
  served = Buffer.concat([bytes, Buffer.from("\nwindow.changed = 1")]);
  assert.equal(await status(), null);
});
