// The one place that speaks HTTP. Everything shown has come through the API, and so through the gate.
import type { Answers, Endpoint, Filters, Heatmap, OpenedLink, Problem, Session } from "./api-types";
import { CELLS, heatmapOf } from "./heat/packed";

/** A failure whose message is for people. `status` is 0 where nothing answered. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly parameter?: string,
    /** Of a list, which entry is meant, from 0. */
    readonly entry?: number,
  ) {
    super(message);
  }
}

/** Told when the session has ended on the server's side, so that the login shows again. */
let onEnd: () => void = () => {};
export const whenSessionEnds = (told: () => void): void => void (onEnd = told);

/** What a share link opened with; in this page's memory alone. Without one, the session's cookie is sent. */
let bearer: string | undefined;
/** Opens the link again when what it was opened with has ended. */
let reopen: (() => Promise<unknown>) | undefined;

type Parameters = Record<string, string | number | undefined>;

async function send(path: string, init: RequestInit): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, ...authority(init) });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, "The service does not answer. Is it running?");
  }
  if (answer.ok) return answer;
  if (answer.status === 401 && reopen && path !== SHARED) {
    const again = reopen;
    // Once: a link that has ended does not open again.
    reopen = undefined;
    await again();
    return send(path, init);
  }
  const problem = (await answer.json().catch(() => ({}))) as Partial<Problem>;
  if (answer.status === 401 && path !== SESSION) onEnd();
  throw new ApiError(answer.status, sentence(answer, problem), problem.parameter ?? undefined, problem.entry ?? undefined);
}

function sentence(answer: Response, problem: Partial<Problem>): string {
  switch (answer.status) {
    case 401:
      return (bearer || answer.url.endsWith(SHARED)) && problem.detail ? problem.detail : "This token is not known. It may have expired or been revoked.";
    case 403:
      return problem.detail ?? "This token does not open that site, or not from this network.";
    case 429:
      return `Too many attempts. Try again in ${answer.headers.get("Retry-After") ?? "60"} seconds.`;
    case 503:
      return "The counts cannot be read at the moment. Collecting goes on; try again in a few seconds.";
    default:
      return problem.detail ?? problem.title ?? `The service answered with status ${answer.status}.`;
  }
}

/** Who came by a link is that and nothing else, also where the browser has a session. */
function authority({ headers }: RequestInit): RequestInit {
  if (!bearer) return { credentials: "same-origin" };
  return { credentials: "omit", headers: { ...(headers as Record<string, string>), Authorization: `Bearer ${bearer}` } };
}

const SHARED = "/api/v1/shared";
const SESSION = "/api/v1/session";
const JSON_BODY = { "Content-Type": "application/json" };

/** Opens a session with a token. The token itself is kept nowhere in the page; the cookie is out of scripts' reach. */
export async function logIn(token: string): Promise<Session> {
  const answer = await send(SESSION, { method: "POST", headers: JSON_BODY, body: JSON.stringify({ token }) });
  return (await answer.json()) as Session;
}

/** The session that this browser has, or null. */
export async function session(): Promise<Session | null> {
  const answer = await send(SESSION, {});
  return answer.status === 204 ? null : ((await answer.json()) as Session);
}

/** Ends the session; fails where it may still be open. */
export const logOut = (): Promise<unknown> =>
  send(SESSION, { method: "DELETE", headers: JSON_BODY }).catch((error: unknown) => {
    if (!(error instanceof ApiError && error.status === 401)) throw error;
  });

/** Opens a share link. Its secret and password go into a body, and nothing is kept in the browser. */
export async function openLink(secret: string, password?: string): Promise<OpenedLink> {
  bearer = undefined;
  const answer = await send(SHARED, { method: "POST", headers: JSON_BODY, body: JSON.stringify({ secret, password }) });
  const opened = (await answer.json()) as OpenedLink;
  bearer = opened.bearer;
  reopen = () => openLink(secret, password);
  return opened;
}

/** A heat map in its packed form: a few bytes per cell, and no positions inside elements. */
export async function heat(site: string, parameters: Parameters & Partial<Filters>, signal: AbortSignal): Promise<Heatmap> {
  const answer = await send(pathOf(site, "heatmap", parameters), { headers: { Accept: CELLS }, signal });
  return heatmapOf(new Uint8Array(await answer.arrayBuffer()), String(parameters.page));
}

/** An answer in a form of its own, as a file. */
export interface Saved {
  blob: Blob;
  /** Of a picture that is too tall: where it ends, and where the page's heat does, px of the page. */
  cut?: { at: number; of: number };
}

export async function fileOf(site: string, endpoint: Endpoint, parameters: Parameters, accept: string): Promise<Saved> {
  const answer = await send(pathOf(site, endpoint, parameters), { headers: { Accept: accept } });
  const [, at, of] = /^(\d+);of=(\d+)$/.exec(answer.headers.get("X-Isotherm-Cut") ?? "") ?? [];
  return { blob: await answer.blob(), ...(at && of && { cut: { at: Number(at), of: Number(of) } }) };
}

export const pathOf = (site: string, endpoint: string, parameters: Parameters = {}): string => {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== "");
  const query = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
  return `/api/v1/sites/${site}/${endpoint}${query && `?${query}`}`;
};

/** Asks one endpoint of a site. */
export async function ask<E extends Endpoint>(
  site: string,
  endpoint: E,
  parameters: Parameters & Partial<Filters> = {},
  signal?: AbortSignal,
): Promise<Answers[E]> {
  const init: RequestInit = { headers: { Accept: "application/json" } };
  if (signal) init.signal = signal;
  const answer = await send(pathOf(site, endpoint, parameters), init);
  return (await answer.json()) as Answers[E];
}

/** Changes something of a site; needs a token that may administer it. */
export async function change<T>(site: string, endpoint: string, method: "POST" | "PUT" | "DELETE", body?: unknown): Promise<T> {
  const init: RequestInit = { method, headers: JSON_BODY };
  if (body !== undefined) init.body = JSON.stringify(body);
  const answer = await send(pathOf(site, endpoint), init);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}
