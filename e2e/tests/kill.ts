// kill -9 under load: every beacon that was answered as admitted is counted, once. One body for every installation.

import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { rows } from "../lib/engine.js";
import { addSite, telling, type Installation } from "../lib/installation.js";
import { Load } from "../lib/load.js";
import { random } from "../lib/random.js";
import { until } from "../lib/until.js";

const ORIGIN = "https://shop.example";
const SITE = "crash-shop";
/** Beacons that are admitted before each kill: at least, and up to so many more. */
const BEFORE_KILL = 200;
const MORE_BEFORE_KILL = 1_500;

/** Kills something and returns when it works again. */
export type Kill = () => Promise<void>;

interface Cell {
  x: number;
  y: number;
  n: number;
  views: number;
}

/** Every cell that is counted, as the tables have it. */
export const cells = (installation: Installation): Promise<Cell[]> =>
  rows<Cell>(
    installation.store(),
    `SELECT x, y, toUInt32(sum(live.n)) AS n, toUInt32(sum(live.views)) AS views FROM live
     WHERE kind = 'grid' AND site = '${SITE}' GROUP BY x, y`,
  );

/** Kills one after the other under load, each at a moment that the seed decides, and looks for every beacon. */
export async function whatIsAdmittedIsCountedOnce(installation: Installation, kills: Kill[], t: TestContext): Promise<void> {
  await telling(installation, async () => {
    await addSite(installation, SITE, ORIGIN);
    const { seed, next } = random();
    t.diagnostic(`seed ${seed} (ISOTHERM_SEED)`);
    const load = new Load(SITE, ORIGIN, () => installation.collectOrigin());
    try {
      for (const kill of kills) {
        const enough = load.admitted + BEFORE_KILL + Math.floor(next() * MORE_BEFORE_KILL);
        await until(`${enough} beacons are admitted`, () => load.admitted >= enough);
        await kill();
      }
    } finally {
      await load.stop();
    }
    const last = await load.last();
    last.forEach((number) => assert.equal(load.fates[number], "admitted"));
    const counted = await until("the last beacon of every page is counted", async () => {
      const found = await cells(installation);
      const numbers = new Set(found.map(({ x, y }) => Load.numberOf(x, y)));
      return last.every((number) => numbers.has(number)) && found;
    });
    const unanswered = load.fates.filter((fate) => fate === "unanswered").length;
    t.diagnostic(`${load.admitted} admitted, ${unanswered} unanswered, ${counted.length} counted`);
    eachOnce(load, counted);
    const verified = await installation.cli("verify");
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  });
}

/** What was admitted stands there once, what was refused does not, and what was not answered may. */
function eachOnce({ fates }: Load, counted: Cell[]): void {
  assert.deepEqual(counted.filter(({ n, views }) => n !== 1 || views !== 1), [], "nothing is counted twice");
  const numbers = new Set(counted.map(({ x, y }) => Load.numberOf(x, y)));
  const missing = fates.flatMap((fate, number) => (fate === "admitted" && !numbers.has(number) ? [number] : []));
  assert.deepEqual(missing, [], "nothing that was admitted is missing");
  const taken = fates.flatMap((fate, number) => (fate === "refused" && numbers.has(number) ? [number] : []));
  assert.deepEqual(taken, [], "nothing that was refused is counted");
}
