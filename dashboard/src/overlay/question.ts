// What the overlay asks, and what comes back: the answers of one page, opened by a grant that is good for nothing else.
import type { OverlayAnswer } from "../api.gen";

export type { OverlayAnswer };

export interface Asked {
  layer: string;
  viewport: string;
  country: string;
  /** The path that the page has become; without it, the grant's own page is asked for. */
  route?: string;
}

/** A failure whose message is for people. */
export class OverlayError extends Error {}

/** A plain request, so that browsers send no second one before it; the grant stands in the body, never in an address. */
export async function question(service: string, grant: string, { layer, viewport, country, route }: Asked): Promise<OverlayAnswer> {
  let answer: Response;
  try {
    answer = await fetch(new URL("/api/v1/overlay", service), {
      method: "POST",
      headers: { "Content-Type": "text/plain" },
      body: JSON.stringify({ grant, layer, viewport, country, route }),
      credentials: "omit",
      referrerPolicy: "no-referrer",
    });
  } catch {
    throw new OverlayError("The service cannot be reached from this page. Its Content-Security-Policy may not name it in connect-src.");
  }
  if (answer.ok) return (await answer.json()) as OverlayAnswer;
  if (answer.status === 403 && route) {
    throw new OverlayError("This is another page now. Open it from the dashboard to see its heat.");
  }
  if (answer.status === 401 || answer.status === 403) {
    throw new OverlayError("This view has ended. Open the page from the dashboard again.");
  }
  throw new OverlayError(`The service answered with status ${answer.status}.`);
}
