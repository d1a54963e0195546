// What the dashboard draws from is what the service's pictures are made from: schemas/examples/heat.json says it for both.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { module } from "./module.mjs";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

const heat = () => module("../src/heat/grid.ts");

test("levels of heat are those of the example", async () => {
  const { gridOf } = await heat();
  const example = JSON.parse(readFileSync(here("../../schemas/examples/heat.json"), "utf8"));
  const { columns, rows, levels } = gridOf(example.cells, example.width_px, example.height_px);
  assert.deepEqual([columns, rows], [example.levels[0].length, example.levels.length]);
  example.levels.forEach((line, y) =>
    line.forEach((level, x) => assert.ok(Math.abs(levels[y * columns + x] - level) < 0.003, `${levels[y * columns + x]} at ${x}, ${y}, not ${level}`)),
  );
});

test("on a page so tall that bins are joined, heat of every cell lies where the cell is", async () => {
  const { gridOf } = await heat();
  for (const px of [16, 32, 64]) {
    const { columns, levels, binPx } = gridOf([{ x: 40, y: 20_000, px, views: 9 }], 1_440, 400_000);
    assert.equal(binPx, 32, "bins are joined");
    const [row, column] = [Math.floor(levels.indexOf(1) / columns), levels.indexOf(1) % columns];
    const isInside = row * 32 >= 320_000 && row * 32 < 320_000 + px && column * 32 >= 640 && column * 32 < 640 + px;
    assert.ok(isInside, `a cell of ${px} px: row ${row}, column ${column}`);
  }
});
