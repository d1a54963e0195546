// A first masking of what could name a person in a path or an anchor. Ingest masks again, knows more and has the last
// word; what stands here finds nothing that ingest would leave. Examples: schemas/examples/scrub.browser.json.

/** `text` with e-mail addresses, UUIDs, tokens and long numbers replaced by `:email`, `:uuid`, `:token`, `:number`. */
export function scrub(text: string): string {
  return (
    text
      // Begins where an address does, so that a long text takes no longer than its length.
      .replace(/(^|[\s/"=:])[^\s/"=:%@]+(@|%40)[a-z][\w.-]+/gi, "$1:email")
      .replace(/[\da-f]{8}(-[\da-f]{4}){4}[\da-f]{8}/gi, ":uuid")
      // 16 or more hexadecimal digits in a row, one of them a letter, and the rest of the word.
      .replace(/(?=\d*[a-f])[\da-f]{16}\w*/gi, ":token")
      // Six or more digits, unless they are a day of this century (20261121); not beside what is percent-coded: ingest
      // decodes first, and %202026 is a year.
      .replace(/(^|[^\d%])(?!20\d\d[01]\d[0-3]\d(?!\d))\d{6,}/g, "$1:number")
  );
}
