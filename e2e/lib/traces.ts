// Traces of a visitor where there may be none: addresses, user agents and cookies, as the tests send them.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What only a visitor's request holds: documentation addresses, user agents, the opt-out cookie. */
const TRACE = /\b(192\.0\.2|198\.51\.100|203\.0\.113)\.\d|Mozilla\/\d|HeadlessChrome|Chrome\/140|ExampleBot|__Host-isotherm_optout=/;

/** Whether a text holds one. */
export const isTrace = (text: string): boolean => TRACE.test(text);

/** The files below a folder that hold one, by their paths in it. */
export function tracesIn(folder: string): string[] {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map((entry) => join(entry.parentPath, entry.name)).filter((path) => isTrace(textOf(path)));
}

/** A file's bytes as text; none where the last process to leave has just removed it. */
function textOf(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw error;
  }
}
