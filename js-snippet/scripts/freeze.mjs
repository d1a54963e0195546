// Freezes the script as it is built now: `npm run freeze -- v1`, once, at the release that gives it. A frozen version is never
// written again, so that the hash in a page's tag holds for ever.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { brotliCompressSync } from "node:zlib";
import { built, integrity } from "./build.mjs";

const FROZEN = fileURLToPath(new URL("../frozen", import.meta.url));

/**
 * Writes `isotherm.VERSION.js` of now to `folder`, and beside it the same packed as brotli, if it is not there, and gives its
 * hash; throws if it is, with other bytes.
 */
export async function freeze(version, folder = FROZEN) {
  if (!/^v[1-9]\d*$/.test(version)) throw new Error("name a version, such as v1");
  const [[, bytes]] = await built();
  const path = `${folder}/isotherm.${version}.js`;
  if (!existsSync(path)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(path, bytes, { flag: "wx" });
    writeFileSync(`${path}.br`, brotliCompressSync(bytes));
  } else if (!readFileSync(path).equals(bytes)) {
    throw new Error(`${version} is frozen and the script has changed since: freeze it as the next version`);
  }
  return integrity(bytes);
}

/** The tag of a page that pins a version. A frozen script is the same for everybody: it needs no cookie, and CORS for its hash. */
export const pinned = (version, hash) =>
  `<script defer src="https://HOST/isotherm.${version}.js" integrity="${hash}" crossorigin="anonymous" data-site="KEY"></script>`;

if (argv[1] === fileURLToPath(import.meta.url)) {
  try {
    console.log(pinned(argv[2], await freeze(argv[2] ?? "")));
  } catch (error) {
    console.error(error.message);
    exit(1);
  }
}
