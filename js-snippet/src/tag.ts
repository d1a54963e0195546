// The script's own tag: `<script defer src="https://HOST/isotherm.js" data-site="KEY"></script>`.

const tag = document.currentScript as HTMLScriptElement | null;

/** The site's public key; undefined where the tag does not give one. */
export const site = tag?.dataset.site;

/** Where beacons go: `data-endpoint`, else /v1/collect at the script's own origin. */
export function endpoint(): string | URL {
  return tag!.dataset.endpoint || new URL("/v1/collect", tag!.src);
}
