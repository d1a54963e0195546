// Questions to the query API, asked through the shop's own server, which adds the token.

/**
 * @typedef {{unit: string, x: number, y: number, n: number, views: number}} ElementCell
 * @typedef {{anchor: string, clicks: number, views: number, rate: number, cells: ElementCell[]}} HeatElement
 * @typedef {{x: number, y: number, px: number, n: number, views: number}} GridCell
 * @typedef {{reason: string, needed: number} | null} Withheld
 * @typedef {{from: string, to: string, views: number, cells: GridCell[], elements: HeatElement[], withheld: Withheld}} Heatmap
 * @typedef {{from: string, to: string, views: number, fold: {p25: number, p50: number, p75: number} | null,
 *   reach: {depth: number, views: number, share: number}[], withheld: Withheld}} Scroll
 */

/**
 * The answer to a question, or an error whose message says what to do.
 * @param {"heatmap" | "scroll" | "pages"} question
 * @param {Record<string, string>} parameters
 */
export async function ask(question, parameters) {
  let response;
  try {
    response = await fetch(`/heat-data/${question}?${new URLSearchParams(parameters)}`);
  } catch {
    throw new Error("The demo does not answer. Is it still running?");
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok || answer === null) {
    throw new Error(`${answer?.title ?? "The query API gave no answer"} (status ${response.status}).`);
  }
  return answer;
}

/** Why nothing is shown, in words. @param {{reason: string, needed: number}} withheld */
export function inWords(withheld) {
  const needed = withheld.needed ?? 50;
  switch (withheld.reason) {
    case "below_threshold": return `Not enough yet: ${needed} page views are needed before anything is shown.`;
    case "below_k": return `Not enough yet: each place needs ${needed} page views.`;
    default: return "Nothing can be shown for this choice yet.";
  }
}
