// Writes src/beacon.gen.ts from ../schemas/beacon.v1.json, which comes from the Rust types.

import { compile } from "json-schema-to-typescript";
import { readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

const SCHEMA = new URL("../../schemas/beacon.v1.json", import.meta.url);
const TYPES = new URL("../src/beacon.gen.ts", import.meta.url);

// The script leaves out what it does not know; it never says null.
const withoutNull = (schema) => {
  if (Array.isArray(schema)) return schema.filter((part) => part?.type !== "null").map(withoutNull);
  if (schema === null || typeof schema !== "object") return schema;
  const entries = Object.entries(schema).map(([key, value]) =>
    key === "type" && Array.isArray(value) ? [key, value.find((type) => type !== "null")] : [key, withoutNull(value)],
  );
  return Object.fromEntries(entries);
};

/** The text of src/beacon.gen.ts as the schema has it now. */
export async function types() {
  const schema = withoutNull(JSON.parse(readFileSync(SCHEMA, "utf8")));
  // A list of up to 64 places is a list, not 65 tuples.
  return compile(schema, "Beacon", {
    bannerComment: "// Made from schemas/beacon.v1.json by `npm run types`. Do not edit.",
    ignoreMinAndMaxItems: false,
    maxItems: 2,
    style: { printWidth: 120 },
  });
}

/** The text that is committed. */
export const committed = () => readFileSync(TYPES, "utf8");

if (argv[1] === fileURLToPath(import.meta.url)) writeFileSync(TYPES, await types());
