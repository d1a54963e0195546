// What the dashboard draws from is what the service's pictures are made from: schemas/examples/heat.json says it for both.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

test("levels of heat are those of the example", async () => {
  const entry = here("../src/heat/grid.ts");
  const built = await build({ configFile: false, logLevel: "error", build: { write: false, lib: { entry, formats: ["es"] } } });
  const { gridOf } = await import(`data:text/javascript,${encodeURIComponent(built[0].output[0].code)}`);
  const example = JSON.parse(readFileSync(here("../../schemas/examples/heat.json"), "utf8"));
  const { columns, rows, levels } = gridOf(example.cells, example.width_px, example.height_px);
  assert.deepEqual([columns, rows], [example.levels[0].length, example.levels.length]);
  example.levels.forEach((line, y) =>
    line.forEach((level, x) => assert.ok(Math.abs(levels[y * columns + x] - level) < 0.003, `${levels[y * columns + x]} at ${x}, ${y}, not ${level}`)),
  );
});
