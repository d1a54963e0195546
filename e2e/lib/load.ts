// A bounded load: every beacon is one click in a cell of its own, so that each can be looked for afterwards.

import { Agent } from "node:http";
import { beacon, head, post, said } from "./beacons.js";
import { addressIn, COUNTRIES, type Country } from "./installation.js";

/** Connections that are kept open; each has one beacon on its way. */
const CONNECTIONS = 12;
/** Cells in a row of the grid. */
const ROW = 1024;
/** Pages over which the load is spread, so that every partition of the log has its part. */
const PAGES = ["a", "b", "c", "d", "e", "f", "g", "h"].map((name) => `/load/${name}`);
/** Beacons that a test may send at most: more than any needs. */
const BEACONS_MAX = 200_000;

/** What became of a beacon: answered as admitted, answered otherwise, or not answered. */
export type Fate = "admitted" | "refused" | "unanswered";

export class Load {
  /** By number. */
  readonly fates: Fate[] = [];
  admitted = 0;
  private stopped = false;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  private readonly senders: Promise<void>[];

  /** Starts sending; `service` is asked for where to, anew for each beacon. */
  constructor(
    private readonly site: string,
    private readonly origin: string,
    private readonly service: () => string,
  ) {
    this.senders = Array.from({ length: CONNECTIONS }, () => this.send());
  }

  /** Sends no more; returns when nothing is on its way. */
  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.senders);
    this.agent.destroy();
  }

  /** The number of the beacon with a cell. */
  static numberOf = (x: number, y: number): number => y * ROW + x;

  /** A beacon for each page, behind everything that was sent before. */
  async last(): Promise<number[]> {
    const numbers = PAGES.map(() => this.take());
    await Promise.all(numbers.map((number) => this.one(number)));
    return numbers;
  }

  private async send(): Promise<void> {
    while (!this.stopped && this.fates.length < BEACONS_MAX) await this.one(this.take());
  }

  private take(): number {
    this.fates.push("unanswered");
    return this.fates.length - 1;
  }

  private async one(number: number): Promise<void> {
    const countries = Object.keys(COUNTRIES) as Country[];
    const country = countries[number % countries.length] ?? "DE";
    const body = beacon({ site: this.site, path: PAGES[number % PAGES.length] ?? "/", cell: [number % ROW, Math.floor(number / ROW)] });
    try {
      const headers = head(this.origin, addressIn(country, Math.floor(number / countries.length)));
      const { status, outcome } = said(await post(this.service(), body, headers, this.agent));
      this.fates[number] = status === 204 && outcome === "admitted" ? "admitted" : "refused";
      if (this.fates[number] === "admitted") this.admitted++;
    } catch {
      // Killed before it answered, or not up again yet: whether it is counted is open. Let others have their turn.
      await new Promise((again) => setTimeout(again, 20));
    }
  }
}
