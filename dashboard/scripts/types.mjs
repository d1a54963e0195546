// Writes src/api.gen.ts from ../schemas/openapi.json, which comes from the Rust types; with --check it only looks whether the
// file is up to date.
import { readFileSync, writeFileSync } from "node:fs";
import { argv, exit } from "node:process";
import { compile } from "json-schema-to-typescript";

const DOCUMENT = new URL("../../schemas/openapi.json", import.meta.url);
const TYPES = new URL("../src/api.gen.ts", import.meta.url);

async function types() {
  const text = readFileSync(DOCUMENT, "utf8").replaceAll("#/components/schemas/", "#/definitions/");
  const { schemas } = JSON.parse(text).components;
  // A member that the document does not name is none; the name stands before each type already.
  const definitions = Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, { ...schema, title: name }]));
  const banner = "// Made from schemas/openapi.json by `npm run types`. Do not edit.";
  const made = await compile({ definitions }, "Answers", {
    additionalProperties: false,
    bannerComment: banner,
    style: { printWidth: 120 },
    unreachableDefinitions: true,
  });
  const named = / \*\n \* This interface was referenced by [^\n]*\n \* via the [^\n]*\n|\/\*\*\n \* This interface was referenced by [^\n]*\n \* via the [^\n]*\n \*\/\n/g;
  return made.replace(/export interface Answers \{[^}]*\}\n/, "").replaceAll(named, "");
}

const made = await types();
if (!argv.includes("--check")) {
  writeFileSync(TYPES, made);
} else if (readFileSync(TYPES, "utf8") !== made) {
  console.error("src/api.gen.ts is stale: run `npm run types`");
  exit(1);
}
