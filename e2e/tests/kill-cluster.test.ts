// The roles apart: the one that collects and the one that counts are killed.

import { after, before, test } from "node:test";
import { Cluster, type Role } from "../lib/installation.js";
import { whatIsAdmittedIsCountedOnce } from "./kill.js";

let installation: Cluster;

before(async () => {
  installation = await Cluster.start();
});
after(() => installation?.stop());

const kill = (role: Role) => async (): Promise<void> => {
  await installation.kill(role);
  await installation.begin(role);
};

test("every admitted beacon is counted once, whichever role is killed and when", (t) =>
  whatIsAdmittedIsCountedOnce(installation, [kill("ingest"), kill("aggregate"), kill("ingest")], t));
