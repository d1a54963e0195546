// The script's own tag: `<script defer src="https://HOST/isotherm.js" data-site="KEY"></script>`, and what it asks for.

// Null where the script is part of the site's own bundle: then `init` says all of it.
const tag = document.currentScript as HTMLScriptElement | null;

/** What the site asks for: the tag's data- attributes and its address. See README.md. */
export const options: DOMStringMap = { src: tag?.src, ...tag?.dataset };

/** An address at the script's own origin. */
export function at(path: string): URL {
  return new URL(path, options.src);
}
