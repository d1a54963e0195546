// The roles apart: Apache Kafka, and a ClickHouse that was started by somebody else.

import { after, before, test } from "node:test";
import { Cluster } from "../lib/installation.js";
import { aRealClickBecomesHeat } from "./heat.js";

let installation: Cluster;

before(async () => {
  installation = await Cluster.start();
});
after(() => installation?.stop());

test("a real click becomes heat on Kafka and a ClickHouse by URL", () => aRealClickBecomesHeat(installation));
