// The script's own tag: `<script defer src="https://HOST/isotherm.js" data-site="KEY"></script>`, and what it asks for.

/** The tag; null where the script is a module of the site's own bundle. */
export const tag = document.currentScript as HTMLScriptElement | null;

/** What the site asks for: the tag's data- attributes, or what it gives to `init`. See README.md. */
export const options: DOMStringMap = { ...tag?.dataset };

/** An address at the script's own origin. */
export function at(path: string): URL {
  return new URL(path, tag!.src);
}
