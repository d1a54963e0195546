// Everything in one process: log on disk, embedded ClickHouse.

import { after, before, test } from "node:test";
import { Embedded } from "../lib/installation.js";
import { aRealClickBecomesHeat } from "./heat.js";

let installation: Embedded;

before(async () => {
  installation = await Embedded.start();
});
after(() => installation?.stop());

test("a real click becomes heat on the embedded parts", () => aRealClickBecomesHeat(installation));
