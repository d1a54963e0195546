// Where the parts under test are. Everything can be named by a variable; without one, what was built last is taken: an
// older build would pass or fail for what is no longer there.

import { existsSync, mkdirSync, statSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The repository. */
export const TOP = fileURLToPath(new URL("../../../", import.meta.url));

/** The repository's example shop. */
export const SHOP = `${TOP}demo/shop/`;

/** Where pictures are left for people to look at; not under version control. */
export const OUT = `${TOP}e2e/out/`;

/** The browser. */
export const CHROMIUM = process.env["ISOTHERM_CHROMIUM"] ?? "/usr/bin/chromium";

/** The binary under test. */
export const ISOTHERM = built("ISOTHERM_BIN", "isotherm");

/** Real Kafka, real ClickHouse and small country files. */
export const TESTKIT = built("ISOTHERM_TESTKIT_BIN", "isotherm-testkit");

/** The environment of every process under test: ours, without what would lead it to another installation. */
export function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(([name]) => !/^ISOTHERM_/.test(name));
  return { ...Object.fromEntries(own), ISOTHERM_ASSETS: process.env["ISOTHERM_ASSETS"] ?? `${TOP}target/assets` };
}

/** A file in `OUT`. */
export function outFile(name: string): string {
  mkdirSync(OUT, { recursive: true });
  return OUT + name;
}

function built(variable: string, name: string): string {
  const named = process.env[variable];
  const candidates = named ? [named] : ["release", "debug"].map((profile) => `${TOP}target/${profile}/${name}`);
  const builtAt = (path: string): number => statSync(path).mtimeMs;
  const [found] = candidates.filter((path) => existsSync(path)).sort((one, other) => builtAt(other) - builtAt(one));
  if (!found) throw new Error(`there is no ${name}: run "cargo build -p ${name}", or name one with ${variable}`);
  return found;
}
