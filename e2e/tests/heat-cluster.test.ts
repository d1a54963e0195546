// The roles apart: Apache Kafka, and a ClickHouse that was started by somebody else.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Cluster } from "../lib/installation.js";
import { aRealClickBecomesHeat } from "./heat.js";

let installation: Cluster;

before(async () => {
  installation = await Cluster.start();
});
after(() => installation?.stop());

test("a real click becomes heat on Kafka and a ClickHouse by URL", () => aRealClickBecomesHeat(installation));

test("one public host has the paths of both roles", async () => {
  const { origin } = installation.proxy;
  for (const [path, holds] of [
    ["/isotherm.js", "isotherm"],
    ["/opt-out", "<form"],
    ["/", "dashboard.js"],
    ["/dashboard.js", ""],
    ["/isotherm-overlay.js", "Intl"],
    ["/privacy", "<h1"],
    ["/api/v1/openapi.json", "openapi"],
  ] as const) {
    const answer = await fetch(origin + path);
    assert.equal(answer.status, 200, path);
    assert.ok((await answer.text()).includes(holds), path);
  }
});
