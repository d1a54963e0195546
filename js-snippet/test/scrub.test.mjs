// The first masking, by the examples that all parts of the project share.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { inpage, launch, schemas } from "./lib.mjs";

let browser;
let tab;

before(async () => {
  browser = await launch();
  tab = await browser.newPage();
  await tab.evaluate(await inpage());
});
after(() => browser.close());

const scrubbed = (inputs) => tab.evaluate((texts) => texts.map((text) => window.parts.scrub(text)), inputs);

test("the browser's examples come out as they say, and stay so", async () => {
  const examples = schemas("examples/scrub.browser.json");
  const wanted = examples.map(({ output }) => output);
  assert.deepEqual(await scrubbed(examples.map(({ input }) => input)), wanted);
  assert.deepEqual(await scrubbed(wanted), wanted);
});

test("the browser masks nothing that ingest leaves", async () => {
  const clean = schemas("examples/scrub.json").filter(({ rule }) => rule === "clean").map(({ input }) => input);
  assert.ok(clean.length >= 30);
  assert.deepEqual(await scrubbed(clean), clean);
});

test("what ingest calls an e-mail address, a UUID, a hexadecimal token or a long number, the browser hides, too", async () => {
  const rules = ["email", "uuid", "hex", "number"];
  const examples = schemas("examples/scrub.json").filter(({ rule, input, output }) => rules.includes(rule) && input !== output);
  const outputs = await scrubbed(examples.map(({ input }) => input));
  const left = examples.filter(({ input }, index) => outputs[index] === input).map(({ input }) => input);
  console.log(`left to ingest: ${left.length} of ${examples.length}`);
  assert.ok(left.length <= examples.length / 4, left.join("\n"));
});

test("a long hostile path is scrubbed in a moment", async () => {
  const hostile = ["a".repeat(3000), "a-".repeat(1500), "@".repeat(3000), "1a".repeat(1500), "%40".repeat(1000), "f".repeat(15).concat("g").repeat(180)];
  const took = await tab.evaluate((texts) => {
    const start = performance.now();
    for (const text of texts) window.parts.scrub(text);
    return performance.now() - start;
  }, hostile);
  assert.ok(took < 500, `${took} ms`);
});
