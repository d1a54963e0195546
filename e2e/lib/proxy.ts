// A reverse proxy before the service: it sees what browsers really send, also while a page is left, and gives visitors
// an address of a documentation network, as a front proxy would.

import { Agent, createServer, request as httpRequest, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { send, type Answer } from "./http.js";

/** A request as it came through. */
export interface Passed {
  method: string;
  /** Without the query. */
  path: string;
  headers: { "content-type"?: string; origin?: string; "user-agent"?: string };
  body: Buffer;
  /** 0 until it is answered. */
  status: number;
}

export class Proxy {
  /** What came through, in order. */
  readonly passed: Passed[] = [];
  /** The address under which visitors now come. */
  address = "192.0.2.1";
  readonly origin: string;
  private readonly agent = new Agent({ keepAlive: true });

  private constructor(
    private readonly server: Server,
    /** The origin behind it, by path. */
    private readonly upstream: (path: string) => string,
  ) {
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Starts on a free port. */
  static async start(upstream: (path: string) => string): Promise<Proxy> {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const proxy = new Proxy(server, upstream);
    server.on("request", (request: IncomingMessage, response: ServerResponse) => proxy.pass(request, response));
    return proxy;
  }

  /** The beacons that came through since the `since`th request. */
  beacons(since = 0): Passed[] {
    return this.passed.slice(since).filter(({ method, path }) => method === "POST" && path === "/v1/collect");
  }

  /** How often each method and path came through since the `since`th request. */
  counts(since = 0): Record<string, number> {
    const counts: Record<string, number> = {};
    for (const { method, path } of this.passed.slice(since)) {
      const key = `${method} ${path}`;
      counts[key] = (counts[key] ?? 0) + 1;
    }
    return counts;
  }

  /** Posts a recorded beacon again, as from another visitor. */
  again(beacon: Passed, address: string, agent: Agent): Promise<Answer> {
    const headers = { ...beacon.headers, "x-forwarded-for": address, "content-length": beacon.body.length };
    return send(`${this.upstream(beacon.path)}${beacon.path}`, { method: "POST", headers, body: beacon.body, agent });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.agent.destroy();
    await new Promise<void>((closed) => this.server.close(() => closed()));
  }

  private pass(request: IncomingMessage, response: ServerResponse): void {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const passed = this.note(request, Buffer.concat(chunks));
      const headers = { ...request.headers, "x-forwarded-for": this.address };
      const options = { method: passed.method, headers, agent: this.agent };
      const onward = httpRequest(this.upstream(passed.path) + (request.url ?? "/"), options, (answer) => {
        passed.status = answer.statusCode ?? 0;
        response.writeHead(passed.status, answer.rawHeaders);
        answer.pipe(response);
      });
      onward.on("error", () => response.destroy());
      onward.end(passed.body);
    });
  }

  private note(request: IncomingMessage, body: Buffer): Passed {
    const headers: Passed["headers"] = {};
    for (const name of ["content-type", "origin", "user-agent"] as const) {
      const value = request.headers[name];
      if (value !== undefined) headers[name] = value;
    }
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const passed: Passed = { method: request.method ?? "GET", path, headers, body, status: 0 };
    this.passed.push(passed);
    return passed;
  }
}
