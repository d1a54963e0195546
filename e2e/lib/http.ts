// One HTTP request at a time, with every header as the test says it.

import { Agent, request as httpRequest, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http";

/** Milliseconds without a byte after which a request counts as unanswered. */
const ANSWER_MS = 20_000;

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface Asked {
  method?: string;
  headers?: OutgoingHttpHeaders;
  body?: string | Buffer;
  agent?: Agent;
}

/** Sends a request and reads its whole answer; rejects when there is none. */
export function send(url: string, asked: Asked = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = {
      method: asked.method ?? "GET",
      headers: asked.headers ?? {},
      agent: asked.agent ?? new Agent({ keepAlive: false }),
      timeout: ANSWER_MS,
    };
    const request = httpRequest(url, options, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    request.on("timeout", () => request.destroy(new Error("no answer in time")));
    request.on("error", reject);
    request.end(asked.body);
  });
}

/** The outcome that an answer of the collecting endpoint names. */
export const outcomeOf = (answer: Answer): string => String(answer.headers["x-isotherm-outcome"] ?? "none");
