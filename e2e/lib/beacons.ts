// Beacons by hand: what nobody's browser sent, with every header as the test says it.

import { Agent, type OutgoingHttpHeaders } from "node:http";
import { connect } from "node:net";
import { USER_AGENT } from "./browser.js";
import { outcomeOf, send, type Answer } from "./http.js";
import { within } from "./until.js";

/** Milliseconds in which a request written by hand has to be answered. */
const ANSWER_MS = 20_000;

/** A click of a page view of its own. */
export interface HandMade {
  site: string;
  path: string;
  cell: [number, number];
}

/** The text of a well-formed beacon: one page view with one click. */
export function beacon({ site, path, cell }: HandMade, more: object = {}): string {
  const place = { layer: "click", cell, n: 1, first: 7 };
  return JSON.stringify({ v: 1, site, path, w: 1440, h: 900, touch: false, view: true, scroll: 50, scrolled: 0, places: [place], ...more });
}

/** The head of a beacon from a page of `origin`, as from a visitor at `address`. */
export const head = (origin: string, address: string): OutgoingHttpHeaders => ({
  "content-type": "text/plain;charset=UTF-8",
  origin,
  "user-agent": USER_AGENT,
  "x-forwarded-for": address,
});

/** Posts a body to the collecting endpoint. */
export function post(service: string, body: string | Buffer, headers: OutgoingHttpHeaders, agent?: Agent): Promise<Answer> {
  return send(`${service}/v1/collect`, { method: "POST", headers, body, ...(agent ? { agent } : {}) });
}

/** Status and outcome of an answer. */
export const said = (answer: Answer): { status: number; outcome: string } => ({ status: answer.status, outcome: outcomeOf(answer) });

/**
 * Posts so many bytes, as fast as they are taken, and reads the answer that may come before they all are; then goes.
 * With `declared` the head says how long the body is, else it is sent in chunks.
 */
export function pour(service: string, bytes: number, declared: boolean, headers: OutgoingHttpHeaders): Promise<{ status: number; outcome: string }> {
  const { hostname, port } = new URL(service);
  const framing = declared ? { "content-length": bytes } : { "transfer-encoding": "chunked" };
  const lines = Object.entries({ host: `${hostname}:${port}`, ...headers, ...framing }).map(([name, value]) => `${name}: ${String(value)}`);
  const block = Buffer.alloc(64 * 1024, "a");
  const chunk = declared ? block : Buffer.concat([Buffer.from(`${block.length.toString(16)}\r\n`), block, Buffer.from("\r\n")]);
  const socket = connect(Number(port), hostname);
  const answered = new Promise<{ status: number; outcome: string }>((resolve, reject) => {
    let text = "";
    let left = bytes;
    const more = (): void => {
      if (left > 0 && !text && socket.writable) {
        left -= block.length;
        // The next block waits until this one is taken and whatever has arrived meanwhile is read.
        socket.write(chunk, () => setImmediate(more));
      }
    };
    socket.on("data", (data) => {
      text += data.toString("latin1");
      if (!text.includes("\r\n\r\n")) return;
      const status = Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0);
      resolve({ status, outcome: /^x-isotherm-outcome: (\w+)/im.exec(text)?.[1] ?? "none" });
    });
    socket.on("error", reject);
    socket.on("close", () => reject(new Error("closed without an answer")));
    socket.write(`POST /v1/collect HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n`, more);
  });
  return within("an answer to a long body", ANSWER_MS, answered).finally(() => socket.destroy());
}

/** Posts a head that promises more bytes than follow, and goes away. */
export function promiseTooMuch(service: string, body: string, headers: OutgoingHttpHeaders): Promise<void> {
  const { hostname, port } = new URL(service);
  const all = { host: `${hostname}:${port}`, ...headers, "content-length": body.length + 1000 };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${String(value)}`);
  const socket = connect(Number(port), hostname);
  const gone = new Promise<void>((resolve) => {
    // An answer to half a request, or a reset, are both fine: nobody is there to read it.
    socket.on("error", () => resolve());
    socket.on("close", () => resolve());
  });
  socket.resume().end(`POST /v1/collect HTTP/1.1\r\n${lines.join("\r\n")}\r\n\r\n${body}`);
  return within("the end of a connection", ANSWER_MS, gone).finally(() => socket.destroy());
}
