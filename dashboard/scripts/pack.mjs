// After the build: packs each file as brotli once, so that the binary need not at every request, and holds the size down.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { brotliCompressSync, constants } from "node:zlib";

/** All that a browser needs for the first view, packed, bytes. Above it the build fails. */
const FIRST_VIEW_BYTES_MAX = 150 * 1024;
/** Comes when a map is first drawn, not with the first view. */
const LATER = /^(dashboard-world|isotherm-overlay)/;

const folder = new URL("../dist/", import.meta.url);
let first = 0;
for (const name of readdirSync(folder).sort()) {
  if (name.endsWith(".br")) continue;
  const bytes = readFileSync(new URL(name, folder));
  const packed = brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } });
  writeFileSync(new URL(`${name}.br`, folder), packed);
  if (!LATER.test(name)) first += packed.length;
  console.log(`${name.padEnd(24)} ${String(bytes.length).padStart(7)} B, packed ${String(packed.length).padStart(6)} B`);
}
console.log(`first view: ${first} B of ${FIRST_VIEW_BYTES_MAX} B`);
if (first > FIRST_VIEW_BYTES_MAX) {
  console.error("the first view is too large: load what it does not need later");
  process.exit(1);
}
