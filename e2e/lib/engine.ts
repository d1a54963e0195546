// An installation's ClickHouse, asked directly: what the tables hold, without the gate.

import { send } from "./http.js";
import type { Store } from "./installation.js";

/** The rows of a question to the isotherm database. */
export async function rows<T>({ url, user, password }: Store, sql: string): Promise<T[]> {
  const headers = { "x-clickhouse-user": user, "x-clickhouse-key": password };
  const question = `${url}/?database=isotherm&output_format_json_quote_64bit_integers=0`;
  const answer = await send(question, { method: "POST", headers, body: `${sql} FORMAT JSONEachRow` });
  if (answer.status !== 200) throw new Error(`the engine answers ${answer.status}: ${answer.body.toString().slice(0, 300)}`);
  const lines = answer.body.toString().split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line) as T);
}
