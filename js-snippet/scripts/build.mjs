// Builds dist/isotherm.js and dist/stub.js and says how large they are.

import { build } from "esbuild";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";

const root = fileURLToPath(new URL("..", import.meta.url));

const options = {
  absWorkingDir: root,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2021",
  charset: "utf8",
  // Internal properties end in _; everything that leaves the script has its full name.
  mangleProps: /[a-z]_$/,
  legalComments: "none",
  logLevel: "warning",
};

for (const [entry, name] of [["src/main.ts", "isotherm.js"], ["src/stub.ts", "stub.js"]]) {
  await build({ ...options, entryPoints: [entry], outfile: `dist/${name}` });
  const bytes = readFileSync(`${root}/dist/${name}`);
  console.log(`dist/${name}: ${bytes.length} bytes, ${brotliCompressSync(bytes).length} with brotli`);
}
