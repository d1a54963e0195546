// Installations of Isotherm, each in a directory of its own, with real parts and nothing else.

import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { send, type Answer } from "./http.js";
import { ISOTHERM, TESTKIT } from "./paths.js";
import { run, Service, type End, type Ran } from "./processes.js";
import { Proxy } from "./proxy.js";
import { isTrace, tracesIn } from "./traces.js";

/** Documentation networks, and the countries in which the tests' country file has them. */
export const COUNTRIES = { DE: "192.0.2", FR: "198.51.100", JP: "203.0.113" } as const;
export type Country = keyof typeof COUNTRIES;

/** The `i`th visitor's address in a country. */
export const addressIn = (country: Country, i: number): string => `${COUNTRIES[country]}.${1 + (i % 254)}`;

/** What `run.json` says. */
export interface RunFile {
  pid: number;
  listen: string;
  ops: string;
}

/** How a ClickHouse is reached. */
export interface Store {
  url: string;
  user: string;
  password: string;
}

/** What `engine.json` says, as far as the tests need it. */
export interface EngineFile extends Store {
  pid: number;
}

/** An installation that collects, counts and answers. */
export interface Installation {
  readonly name: string;
  /** Before it; browsers reach the installation through it only. */
  readonly proxy: Proxy;
  /** Runs a command of the binary on this installation. */
  cli(...args: string[]): Promise<Ran>;
  /** Where it collects, without the proxy. */
  collectOrigin(): string;
  /** Where it answers. */
  apiOrigin(): string;
  /** The operations listener of the collecting role. */
  opsOrigin(): string;
  /** Its ClickHouse. */
  store(): Store;
  /** What its processes said. */
  lines(): string[];
  stop(): Promise<void>;
}

/** Sections of a configuration with their lines. */
export type Sections = (publicUrl: string) => Record<string, string[]>;

/** A directory with a country file and a configuration. */
class Folder {
  readonly path = mkdtempSync(join(tmpdir(), "isotherm-e2e-"));
  readonly config = join(this.path, "isotherm.toml");

  async write(publicUrl: string, more: Record<string, string[]>): Promise<void> {
    const mmdb = join(this.path, "countries.mmdb");
    const ranges = Object.entries(COUNTRIES).map(([country, network]) => `${network}.0/24=${country}`);
    const made = await run(TESTKIT, ["mmdb", mmdb, ...ranges]);
    if (made.code !== 0) throw new Error(`the country file cannot be made: ${made.stderr}`);
    const sections: Record<string, string[]> = {
      ingest: ["expose_outcome = true", 'trusted_proxies = ["127.0.0.1"]', "rate_per_site_per_s = 100000"],
      geo: [`mmdb_path = ${JSON.stringify(mmdb)}`],
      public: [`url = ${JSON.stringify(publicUrl)}`],
      ...more,
    };
    const text = Object.entries(sections).map(([name, lines]) => [`[${name}]`, ...lines, ""].join("\n"));
    writeFileSync(this.config, text.join("\n"), { mode: 0o600 });
  }

  /** Fails where a process logged, or a file keeps, anything of a visitor. */
  holdsNobody(services: Service[]): void {
    const told = services.filter(({ traces }) => traces > 0).map(({ name }) => name);
    if (told.length > 0) throw new Error(`something of a visitor is in the log of ${told.join(", ")}`);
    const files = tracesIn(this.path);
    if (files.length > 0) throw new Error(`something of a visitor is in ${files.join(", ")}`);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** `isotherm up`: every role in one process. */
export class Embedded implements Installation {
  readonly name = "embedded";
  readonly dataDir: string;
  proxy!: Proxy;
  up!: Service;
  private readonly folder = new Folder();
  /** All that ran on it so far. */
  private readonly ran: Service[] = [];

  private constructor() {
    this.dataDir = join(this.folder.path, "data");
  }

  /** A new installation, running; with more sections of the configuration, given where browsers reach it. */
  static async start(more?: Sections): Promise<Embedded> {
    const installation = await Embedded.prepare(more);
    await installation.launch();
    return installation;
  }

  /** A new installation, configured but not running. */
  static async prepare(more: Sections = () => ({})): Promise<Embedded> {
    const installation = new Embedded();
    installation.proxy = await Proxy.start(() => installation.collectOrigin());
    await installation.folder.write(installation.proxy.origin, more(installation.proxy.origin));
    return installation;
  }

  /** Starts `up` on the data directory, again or for the first time; returns once it collects. */
  async launch(): Promise<void> {
    const up = this.spawn();
    this.up = up;
    this.ran.push(up);
    await up.until("collecting works", async () => {
      const file = this.runFile();
      return file.pid === up.pid && (await send(`http://${file.listen}/isotherm.js`)).status === 200;
    });
  }

  /** Starts another `up` on the same data directory and leaves it to itself. */
  spawn(): Service {
    const args = ["up", "--config", this.folder.config, "--data-dir", this.dataDir, "--listen", "127.0.0.1:0"];
    return new Service("isotherm up", ISOTHERM, args);
  }

  runFile = (): RunFile => JSON.parse(readFileSync(join(this.dataDir, "run.json"), "utf8")) as RunFile;
  engineFile = (): EngineFile => JSON.parse(readFileSync(join(this.dataDir, "engine", "engine.json"), "utf8")) as EngineFile;
  store = (): Store => this.engineFile();
  collectOrigin = (): string => `http://${this.runFile().listen}`;
  apiOrigin = (): string => this.collectOrigin();
  opsOrigin = (): string => `http://${this.runFile().ops}`;
  lines = (): string[] => this.ran.flatMap(({ lines }) => lines);

  cli(...args: string[]): Promise<Ran> {
    return run(ISOTHERM, [...args, "--config", this.folder.config, "--data-dir", this.dataDir]);
  }

  /** Asks `up` to stop. */
  end = (): Promise<End> => this.up.stop();
  /** Kills `up` as a power cut would. */
  kill = (): Promise<End> => this.up.kill();

  async stop(): Promise<void> {
    try {
      if (this.up && !this.up.end) await this.up.stop();
      this.folder.holdsNobody(this.ran);
    } finally {
      await this.up?.kill();
      await this.proxy?.close();
      this.folder.remove();
    }
  }
}

/** A role of a cluster. */
export type Role = "ingest" | "aggregate" | "query";

/** What the proxy of a cluster sends to the role `query`, as docs/operating.md has it; the rest is for `ingest`. */
const OF_QUERY = /^\/($|\?|dashboard|api\/|widget\/|privacy|isotherm-overlay\.js)/;

/** The roles apart: `ingest`, `aggregate` and `query` on Apache Kafka and a ClickHouse that is reached by URL. */
export class Cluster implements Installation {
  readonly name = "cluster";
  proxy!: Proxy;
  private readonly folder = new Folder();
  /** The roles that run now, and all that ran so far. */
  private readonly parts = new Map<Role, Service>();
  private readonly ran: Service[] = [];
  private readonly servers: Service[] = [];
  private queryOrigin = "";
  private clickhouse: Store = { url: "", user: "", password: "" };

  static async start(): Promise<Cluster> {
    const cluster = new Cluster();
    try {
      await cluster.launch();
    } catch (error) {
      await cluster.stop().catch(() => {});
      throw error;
    }
    return cluster;
  }

  private async launch(): Promise<void> {
    this.proxy = await Proxy.start((path) => (OF_QUERY.test(path) ? this.apiOrigin() : this.collectOrigin()));
    const [kafka, clickhouse] = await Promise.all([this.server("kafka"), this.server("clickhouse")]);
    this.clickhouse = clickhouse as unknown as Store;
    await this.folder.write(this.proxy.origin, {
      kafka: [`brokers = [${JSON.stringify(kafka["bootstrap"])}]`, 'topic = "isotherm-e2e"'],
      clickhouse: ["url", "user", "password"].map((key) => `${key} = ${JSON.stringify(clickhouse[key])}`),
      log: ["partitions = 4"],
    });
    const migrated = await this.cli("migrate");
    if (migrated.code !== 0) throw new Error(`migrate failed: ${migrated.stderr}`);
    this.queryOrigin = `http://127.0.0.1:${await freePort()}`;
    await Promise.all([this.begin("ingest"), this.begin("aggregate"), this.begin("query")]);
  }

  /** Starts a role, again or for the first time; returns once it does its work. */
  async begin(role: Role): Promise<void> {
    const dataDir = this.dataDir(role);
    mkdirSync(dataDir, { recursive: true, mode: 0o700 });
    const listen = { ingest: ["--listen", "127.0.0.1:0"], aggregate: [], query: ["--listen", new URL(this.queryOrigin).host] }[role];
    const part = new Service(`isotherm ${role}`, ISOTHERM, [role, "--config", this.folder.config, "--data-dir", dataDir, ...listen]);
    this.ran.push(part);
    this.parts.set(role, part);
    await part.until(`${role} works`, {
      ingest: async () => this.runFile().pid === part.pid && (await send(`${this.collectOrigin()}/isotherm.js`)).status === 200,
      aggregate: () => part.lines.some((line) => / INFO .*: aggregating$/.test(line)),
      query: async () => (await send(`${this.queryOrigin}/api/v1/sites/none/pages`)).status === 401,
    }[role]);
  }

  /** Kills a role as a power cut would. */
  async kill(role: Role): Promise<void> {
    await this.parts.get(role)?.kill();
  }

  private async server(name: "kafka" | "clickhouse"): Promise<Record<string, string>> {
    const server = new Service(name, TESTKIT, [name]);
    this.servers.push(server);
    const ready = await server.until(`${name} is ready`, () => server.lines.find((line) => line.startsWith('{')));
    return JSON.parse(ready) as Record<string, string>;
  }

  private dataDir = (role: string): string => join(this.folder.path, role);
  private runFile = (): RunFile => JSON.parse(readFileSync(join(this.dataDir("ingest"), "run.json"), "utf8")) as RunFile;
  collectOrigin = (): string => `http://${this.runFile().listen}`;
  apiOrigin = (): string => this.queryOrigin;
  store = (): Store => this.clickhouse;
  opsOrigin = (): string => `http://${this.runFile().ops}`;
  lines = (): string[] => [...this.ran, ...this.servers].flatMap(({ name, lines }) => lines.map((line) => `${name}: ${line}`));
  cli = (...args: string[]): Promise<Ran> => run(ISOTHERM, [...args, "--config", this.folder.config]);

  async stop(): Promise<void> {
    try {
      // Those who write go before those who are written to.
      for (const part of this.parts.values()) if (!part.end) await part.stop();
      await Promise.all(this.servers.map((server) => server.closeInput()));
      this.folder.holdsNobody([...this.ran, ...this.servers]);
    } finally {
      await Promise.all([...this.ran, ...this.servers].map((service) => service.kill()));
      await this.proxy?.close();
      this.folder.remove();
    }
  }
}

/** A port that was free a moment ago, for a role that does not tell which one it took. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((closed) => server.close(() => closed()));
  return port;
}

/** What a site's owner gets. */
export interface Site {
  key: string;
  tag: string;
  token: string;
}

/** Adds a site by the command line. */
export async function addSite(installation: Installation, key: string, ...origins: string[]): Promise<Site> {
  const added = await installation.cli("site", "add", key, "--json", ...origins.flatMap((origin) => ["--origin", origin]));
  if (added.code !== 0) throw new Error(`site add failed: ${added.stderr}`);
  const { site, script_tag, token } = JSON.parse(added.stdout) as Record<string, string>;
  if (!site || !script_tag || !token) throw new Error("site add does not print site, script_tag and token");
  return { key: site, tag: script_tag, token };
}

/** Asks the query API. */
export function ask(installation: Installation, site: Site, question: string, accept = "application/json"): Promise<Answer> {
  const headers = { authorization: `Bearer ${site.token}`, accept };
  return send(`${installation.apiOrigin()}/api/v1/sites/${site.key}/${question}`, { headers });
}

/** The JSON of an answer that is 200. */
export async function json<T>(installation: Installation, site: Site, question: string): Promise<T> {
  const answer = await ask(installation, site, question);
  if (answer.status !== 200) throw new Error(`${question} is answered ${answer.status}: ${answer.body.toString()}`);
  return JSON.parse(answer.body.toString()) as T;
}

/** Requests to the collecting endpoint by outcome, as the operations listener counts them. */
export async function outcomes(installation: Installation): Promise<Record<string, number>> {
  const { body } = await send(`${installation.opsOrigin()}/metrics`);
  const found = body.toString().matchAll(/^isotherm_beacons_total\{outcome="(\w+)"\} (\d+)$/gm);
  return Object.fromEntries([...found].map(([, outcome, n]) => [outcome, Number(n)]));
}

/** Runs a part of a test; if it fails, what the processes said is shown. */
export async function telling(installation: { lines(): string[] }, body: () => Promise<void>): Promise<void> {
  try {
    await body();
  } catch (error) {
    const last = installation.lines().slice(-60);
    process.stderr.write(`${last.map((line) => `    | ${harmless(line)}`).join("\n")}\n`);
    throw error;
  }
}

/** A log line, unless it holds what could be somebody's: no log may, and no test's output either. */
const harmless = (line: string): string => (isTrace(line) ? "(a line with something of a visitor)" : line);
