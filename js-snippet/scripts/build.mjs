// Builds what lies in dist/ and says how large it is. Two builds give the same bytes.

import { build } from "esbuild";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { argv } from "node:process";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { minify } from "terser";
import { renamed } from "./names.mjs";
import { lets, shorten } from "./shorten.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

const COMMON = {
  absWorkingDir: root,
  bundle: true,
  // The newest syntax in it is that of 2021.
  target: "es2021",
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  write: false,
  // The checks of strict mode are the compiler's; the words would only be bytes.
  tsconfigRaw: { compilerOptions: { strict: false, alwaysStrict: false } },
};

const SHORT = {
  ecma: 2021,
  toplevel: true,
  compress: { passes: 4, unsafe: true, unsafe_arrows: true, unsafe_methods: true, hoist_funs: true, lhs_constants: false, keep_fargs: false, pure_getters: true },
};

const FILES = [
  ["src/main.ts", "isotherm.js"],
  ["src/stub.ts", "stub.js"],
  ["src/overlay/lazy.ts", "isotherm-inspect.js"],
  ["src/overlay/optout.ts", "optout.js"],
];
const MODULE = ["src/module.ts", "index.js"];

const NAMES = new URL("names.json", import.meta.url);

/** A file's name, and its code as short as the minifier makes it. */
export async function shortened(entry, name) {
  const { outputFiles } = await build({ ...COMMON, format: "esm", entryPoints: [entry] });
  const { code } = await minify(lets(outputFiles[0].text, ["const"]), SHORT);
  return [name, shorten(code)];
}

/** The files of dist/ with their bytes. */
export async function built() {
  const [entry, name] = MODULE;
  const { outputFiles } = await build({ ...COMMON, format: "esm", minify: true, entryPoints: [entry] });
  const short = await Promise.all(FILES.map((file) => shortened(...file)));
  const names = existsSync(NAMES) && JSON.parse(readFileSync(NAMES, "utf8"));
  // Whatever a browser or a page lacks, the page does not hear of it. Names in a block are no globals.
  const files = short.map(([name, code], i) => [name, Buffer.from(`try{${i ? code : renamed(code, names)}}catch{}`)]);
  const [script] = files;
  // Packed once here, so that the service need not at every request.
  return [...files, [name, Buffer.from(outputFiles[0].text)], [`${script[0]}.br`, brotliCompressSync(script[1])]];
}

/** What a page that pins the script writes into its tag's `integrity`. */
export const integrity = (bytes) => `sha384-${createHash("sha384").update(bytes).digest("base64")}`;

/** Bytes as they travel. */
export const travelling = (bytes) => brotliCompressSync(bytes).length;

if (argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(`${root}/dist`, { recursive: true });
  for (const [name, bytes] of await built()) {
    writeFileSync(`${root}/dist/${name}`, bytes);
    if (!name.endsWith(".br")) console.log(`dist/${name}: ${bytes.length} bytes, ${travelling(bytes)} with brotli, ${integrity(bytes)}`);
  }
}
