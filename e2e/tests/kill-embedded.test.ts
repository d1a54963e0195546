// Everything in one process, and its engine in another: the one, the other, or both are killed.

import { after, before, test } from "node:test";
import { Embedded } from "../lib/installation.js";
import { until } from "../lib/until.js";
import { cells, whatIsAdmittedIsCountedOnce } from "./kill.js";

let installation: Embedded;

before(async () => {
  installation = await Embedded.start();
});
after(() => installation?.stop());

const killAll = async (): Promise<void> => {
  await installation.kill();
  await installation.launch();
};

const killEngine = async (): Promise<void> => {
  const { pid } = installation.engineFile();
  process.kill(pid, "SIGKILL");
  await until("another engine answers", async () => installation.engineFile().pid !== pid && (await cells(installation)).length >= 0);
};

const killBoth = async (): Promise<void> => {
  process.kill(installation.engineFile().pid, "SIGKILL");
  await killAll();
};

test("every admitted beacon is counted once, whatever is killed and when", (t) =>
  whatIsAdmittedIsCountedOnce(installation, [killAll, killEngine, killAll, killBoth, killAll], t));
