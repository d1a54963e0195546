// kill -9 under load: every beacon that was answered as admitted is counted, once.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { rows } from "../lib/engine.js";
import { addSite, Embedded, telling } from "../lib/installation.js";
import { Load } from "../lib/load.js";
import { random } from "../lib/random.js";
import { until } from "../lib/until.js";

const ORIGIN = "https://shop.example";
const SITE = "crash-shop";
/** Beacons that are admitted before each kill: at least, and up to so many more. */
const BEFORE_KILL = 200;
const MORE_BEFORE_KILL = 1_500;
/** What is killed, in turn. */
const KILLS = ["up", "engine", "up", "engine, then up", "up"] as const;

let installation: Embedded;

before(async () => {
  installation = await Embedded.start();
  await addSite(installation, SITE, ORIGIN);
});
after(() => installation?.stop());

interface Cell {
  x: number;
  y: number;
  n: number;
  views: number;
}

const cells = (): Promise<Cell[]> =>
  rows<Cell>(
    installation.engineFile(),
    `SELECT x, y, toUInt32(sum(live.n)) AS n, toUInt32(sum(live.views)) AS views FROM live
     WHERE kind = 'grid' AND site = '${SITE}' GROUP BY x, y`,
  );

/** Kills the engine and returns when another answers. */
async function killEngine(): Promise<void> {
  const { pid } = installation.engineFile();
  process.kill(pid, "SIGKILL");
  await until("another engine answers", async () => installation.engineFile().pid !== pid && (await cells()).length >= 0);
}

async function killOnce(what: (typeof KILLS)[number]): Promise<void> {
  if (what === "engine") return killEngine();
  if (what === "engine, then up") process.kill(installation.engineFile().pid, "SIGKILL");
  await installation.kill();
  await installation.launch();
}

test("every admitted beacon is counted once, whatever is killed and when", (t) =>
  telling(installation, async () => {
    const { seed, next } = random();
    t.diagnostic(`seed ${seed} (ISOTHERM_SEED)`);
    const load = new Load(SITE, ORIGIN, installation.collectOrigin);
    try {
      for (const what of KILLS) {
        const enough = load.admitted + BEFORE_KILL + Math.floor(next() * MORE_BEFORE_KILL);
        await until(`${enough} beacons are admitted`, () => load.admitted >= enough);
        await killOnce(what);
      }
    } finally {
      await load.stop();
    }
    const last = await load.last();
    last.forEach((number) => assert.equal(load.fates[number], "admitted"));
    const counted = await until("the last beacon of every page is counted", async () => {
      const found = await cells();
      const numbers = new Set(found.map(({ x, y }) => Load.numberOf(x, y)));
      return last.every((number) => numbers.has(number)) && found;
    });

    const twice = counted.filter(({ n, views }) => n !== 1 || views !== 1);
    assert.deepEqual(twice, [], "nothing is counted twice");
    const numbers = new Set(counted.map(({ x, y }) => Load.numberOf(x, y)));
    const missing = load.fates.flatMap((fate, number) => (fate === "admitted" && !numbers.has(number) ? [number] : []));
    assert.deepEqual(missing, [], "nothing that was admitted is missing");
    const refused = load.fates.flatMap((fate, number) => (fate === "refused" ? [number] : []));
    assert.deepEqual(refused.filter((number) => numbers.has(number)), [], "nothing that was refused is counted");
    const unanswered = load.fates.filter((fate) => fate === "unanswered").length;
    t.diagnostic(`${load.admitted} admitted, ${unanswered} unanswered, ${refused.length} refused, ${counted.length} counted`);

    const verified = await installation.cli("verify");
    assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  }));
