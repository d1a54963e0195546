// A first masking of what could name a person in a path or an anchor. Ingest masks again, knows more and has the last
// word; what stands here finds nothing that ingest would leave. Examples: schemas/examples/scrub.browser.json.

const RULES: [RegExp, string][] = [
  // Each begins where a word of its kind does, so that a long text takes no longer than its length, and none beside
  // what is percent-coded: ingest decodes first, and %202026 is a year.
  [/(^|[\s/"=:])[^\s/"=:%@]+(@|%40)[a-z][a-z\d.-]*[a-z\d]/gi, "$1:email"],
  [/[\da-f]{8}-([\da-f]{4}-){3}[\da-f]{12}/gi, ":uuid"],
  // A word with 16 or more hexadecimal digits in a row, one of them a letter.
  [/(^|[^a-z\d%])[a-z\d]*(?=\d*[a-f])[\da-f]{16}[a-z\d]*/gi, "$1:token"],
  // Six or more digits, unless they are a day of this century (20261121).
  [/(^|[^\d%])(?!20\d\d[01]\d[0-3]\d(?!\d))\d{6,}/g, "$1:number"],
];

/** `text` with e-mail addresses, UUIDs, tokens and long numbers replaced by `:email`, `:uuid`, `:token`, `:number`. */
export function scrub(text: string): string {
  for (const [pattern, word] of RULES) text = text.replace(pattern, word);
  return text;
}
