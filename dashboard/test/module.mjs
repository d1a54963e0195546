// A module of the dashboard by itself, as its build makes it.
import { fileURLToPath } from "node:url";
import { build } from "vite";

/** What the module at this address, seen from here, exports. */
export async function module(path) {
  const entry = fileURLToPath(new URL(path, import.meta.url));
  const built = await build({ configFile: false, logLevel: "error", build: { write: false, lib: { entry, formats: ["es"] } } });
  return import(`data:text/javascript,${encodeURIComponent(built[0].output[0].code)}`);
}
