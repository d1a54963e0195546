// A first masking of what could name a person in a path or an anchor: a part of four of ingest's rules. Ingest masks again,
// knows more and has the last word. What stands here takes whole values only, never a piece of a longer one that ingest
// would then no longer know. schemas/examples/scrub.json says what it takes and what it leaves.

/** `text` with e-mail addresses, UUIDs, tokens and long numbers replaced by `:email`, `:uuid`, `:token`, `:number`. */
export function scrub(text: string): string {
  return (
    text
      // Begins where an address does, so that a long text takes no longer than its length.
      .replace(/(^|[\s/"=:])[^\s/"=:%@]+(@|%40)[a-z][\w.-]+/gi, "$1:email")
      .replace(/[\da-f]{8}(-[\da-f]{4}){4}[\da-f]{8}/gi, ":uuid")
      // A word that begins with 16 or more hexadecimal digits, one of them a letter.
      .replace(/\b(?=\d*[a-f])[\da-f]{16}\w*/gi, ":token")
      // Six or more digits as a whole segment or value, or at its end behind a dash; eight that begin with 20 may be a day
      // of this century, and ingest knows which.
      .replace(/([/"=]|[a-z]-)(?!20\d{6}\b)\d{6,}(?![^"/])/gi, "$1:number")
  );
}
