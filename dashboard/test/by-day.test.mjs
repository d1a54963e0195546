// What a chart by day shows of rows that stand for one day or for several.
import assert from "node:assert/strict";
import { test } from "node:test";
import { module } from "./module.mjs";

const { byDay } = await module("../src/by-day.ts");
const row = (day, to, views) => ({ day, ...(to && { to }), views, clicks: 2 * views });

test("rows of one day and of several add up, and none takes another's place", () => {
  const days = [row("2026-11-01", "", 30), row("2026-11-01", "2026-11-02", 12), row("2026-11-01", "2026-11-04", 20), row("2026-11-03", "", 11)];
  const { at, views, clicks, spread } = byDay(days, "2026-11-01", "2026-11-05");
  assert.deepEqual(views, [41, 11, 16, 5, null]);
  assert.deepEqual(clicks, [82, 22, 32, 10, null]);
  assert.equal(spread, 32);
  assert.equal(at[1], Date.parse("2026-11-02") / 1000);
});

test("days without an answer are gaps, not zeros", () => {
  assert.deepEqual(byDay([row("2026-11-02", "", 10)], "2026-11-01", "2026-11-03").views, [null, 10, null]);
  assert.deepEqual(byDay([], "2026-11-01", "2026-11-01").views, [null]);
});
