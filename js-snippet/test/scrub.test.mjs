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

const examples = schemas("examples/scrub.json");

// What an example says that the script makes of it: the end result where it is marked, a part of it where it says so,
// else the text as it was.
const wanted = ({ browser, input, output, sent }) => (browser ? output : sent ?? input);

/** The examples that come out otherwise, with what was wanted. */
async function otherwise(of, as = wanted) {
  const outputs = await scrubbed(of.map(({ input }) => input));
  return of.map((example, index) => [example.input, outputs[index], as(example)]).filter(([, actual, asked]) => actual !== asked);
}

test("the script masks every example that is marked for it, and leaves to ingest what is not", async () => {
  const marked = examples.filter(({ browser, input, output }) => browser && input !== output);
  for (const rule of ["email", "uuid", "hex", "number"]) assert.ok(marked.some((example) => example.rule === rule), rule);
  assert.deepEqual(await otherwise(examples), []);
});

test("the script leaves every clean example as it is", async () => {
  const clean = examples.filter(({ rule }) => rule === "clean");
  assert.ok(clean.length >= 30);
  assert.deepEqual(await otherwise(clean, ({ input }) => input), []);
});

test("what the script has masked it does not mask again", async () => {
  const once = await scrubbed(examples.map(({ input }) => input));
  assert.deepEqual(await scrubbed(once), once);
});

test("a long hostile path is scrubbed in a moment", async () => {
  const hostile = ["a".repeat(3000), "a-".repeat(1500), "@".repeat(3000), "1a".repeat(1500), "%40".repeat(1000), "f".repeat(15).concat("g").repeat(180), "/a-".repeat(1000), "1".repeat(3000).concat("x")];
  const took = await tab.evaluate((texts) => {
    const start = performance.now();
    for (const text of texts) window.parts.scrub(text);
    return performance.now() - start;
  }, hostile);
  assert.ok(took < 500, `${took} ms`);
});
