// Processes: started, listened to, stopped or killed by their id, and never left behind.

import { spawn, type ChildProcess } from "node:child_process";
import { environment } from "./paths.js";
import { isTrace } from "./traces.js";
import { until, within } from "./until.js";

/** Lines kept of what a process says; older ones are forgotten. */
const LINES_MAX = 400;
/** Milliseconds in which a process stops after SIGTERM: what the contract gives it. */
export const STOP_MS = 10_000;
/** Milliseconds for a command that does its work and ends. */
const COMMAND_MS = 60_000;

/** How a process ended. */
export interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** What a command did. */
export interface Ran {
  code: number | null;
  stdout: string;
  stderr: string;
}

const running = new Set<ChildProcess>();
// Whatever happens to this process, what it started goes with it.
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

/** A process that runs until it is told to stop. */
export class Service {
  readonly pid: number;
  readonly ended: Promise<End>;
  /** What it said, both streams, oldest first. */
  readonly lines: string[] = [];
  end: End | undefined;
  /** Lines that held what could be somebody's. */
  traces = 0;
  private readonly child: ChildProcess;

  constructor(
    readonly name: string,
    command: string,
    args: string[],
  ) {
    this.child = spawn(command, args, { env: environment(), stdio: ["pipe", "pipe", "pipe"] });
    running.add(this.child);
    this.pid = this.child.pid ?? 0;
    this.ended = new Promise((resolve) => {
      this.child.once("error", (error) => this.lines.push(`cannot start: ${error.message}`));
      this.child.once("close", (code, signal) => {
        running.delete(this.child);
        this.end = { code, signal };
        resolve(this.end);
      });
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      let rest = "";
      stream?.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        this.lines.push(...lines);
        this.traces += lines.filter(isTrace).length;
        this.lines.splice(0, this.lines.length - LINES_MAX);
      });
    }
  }

  /** The condition's value, unless the process ends before it holds. */
  async until<T>(what: string, condition: () => T | Promise<T>) {
    const ended = this.ended.then((end): never => {
      throw new Error(`${this.name} ended (${JSON.stringify(end)}) before ${what}: ${this.lines.at(-1) ?? ""}`);
    });
    return Promise.race([until(what, condition), ended]);
  }

  /** Asks it to stop; fails when it does not within the time. */
  async stop(): Promise<End> {
    this.child.kill("SIGTERM");
    return within(`stopping ${this.name}`, STOP_MS, this.ended);
  }

  /** Ends it as a power cut would: at once, without a word. */
  async kill(): Promise<End> {
    this.child.kill("SIGKILL");
    return this.ended;
  }

  /** Ends a server of the testkit, which lives as long as its standard input. */
  async closeInput(): Promise<End> {
    this.child.stdin?.end();
    return within(`stopping ${this.name}`, 3 * STOP_MS, this.ended);
  }
}

/** Runs a command to its end. */
export function run(command: string, args: string[]): Promise<Ran> {
  const child = spawn(command, args, { env: environment(), stdio: ["ignore", "pipe", "pipe"] });
  running.add(child);
  const ran: Ran = { code: null, stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (ran.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (ran.stderr += text));
  const ended = new Promise<Ran>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      running.delete(child);
      resolve({ ...ran, code });
    });
  });
  return within(`"${args.slice(0, 2).join(" ")}"`, COMMAND_MS, ended).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
}
