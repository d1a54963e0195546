// What is built: its size, what it does not contain, and that its types are those of the schema.

import Ajv from "ajv/dist/2020.js";
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { brotliCompressSync } from "node:zlib";
import { shortened } from "../scripts/build.mjs";
import { fingerprint, pieces, renamed } from "../scripts/names.mjs";
import { committed, types } from "../scripts/types.mjs";
import { schemas } from "./lib.mjs";

/** Bytes of the script with brotli. A larger one is a change to argue for. */
const SCRIPT_BROTLI_BYTES_MAX = 3215;
/** Bytes of the stub with brotli. */
const STUB_BROTLI_BYTES_MAX = 200;

const dist = (name) => readFileSync(new URL(`../dist/${name}`, import.meta.url));

test("the script and the stub are small", () => {
  const script = brotliCompressSync(dist("isotherm.js")).length;
  const stub = brotliCompressSync(dist("stub.js")).length;
  assert.ok(script <= SCRIPT_BROTLI_BYTES_MAX, `${script} bytes`);
  assert.ok(stub <= STUB_BROTLI_BYTES_MAX, `${stub} bytes`);
});

test("scripts/names.json is for the script as it is (else: npm run names)", async () => {
  const [, code] = await shortened("src/main.ts");
  assert.equal(JSON.parse(readFileSync(new URL("../scripts/names.json", import.meta.url))).of, fingerprint(code));
});

test("other names and another order mean the same, or are refused", () => {
  const code = "let a=1,b=e=>a+e,c=e=>{let{x:n}=e;for(let e of n)b(e);return[e.a,n]},d=a;c(d);";
  const table = (names, order) => ({ of: fingerprint(code), names: names.join(" "), order });
  const { names, needs } = pieces(code);
  assert.deepEqual([names.join(), needs], ["a,b,c,d,e,e,n,e", [[], [], [], [0]]]);
  const other = "let d=f=>{let{x:c}=f;for(let b of c)a(b);return[f.a,c]},b=1,e=b,a=c=>b+c;d(e);";
  assert.equal(renamed(code, table(["b", "a", "d", "e", "c", "f", "c", "b"], [2, 0, 3, 1])), other);
  assert.throws(() => renamed(code, table(["e", "b", "c", "d", "e", "e", "n", "e"], [0, 1, 2, 3])), /mixes/);
  assert.equal(renamed(code, { of: "another" }), code);
});

test("the script names nothing that it must not touch", () => {
  const text = dist("isotherm.js").toString();
  for (const word of ["keydown", "keyup", "keypress", "cookie", "setItem", "sessionStorage", "indexedDB", "textContent", "innerText", ".value", "eval(", "Function(", "style.", "Date", "performance", "userAgent", "referrer", "location.href", "location.search", "Math.random", "crypto"]) {
    assert.equal(text.includes(word), false, word);
  }
  assert.equal(text.match(/localStorage\.isotherm_optout=/g).length, 1, "one write");
  assert.equal(text.match(/localStorage/g).length, 3, "one write, one removal, one question");
});

test("src/beacon.gen.ts is what schemas/beacon.v1.json says (else: npm run types)", async () => {
  assert.equal(committed(), await types());
});

test("the valid examples fit the schema", () => {
  const fits = new Ajv({ strict: false, formats: { uint8: true, uint16: true } }).compile(schemas("beacon.v1.json"));
  for (const { name, beacon } of schemas("examples/beacon.valid.json")) assert.ok(fits(beacon), `${name}: ${JSON.stringify(fits.errors)}`);
});
