// What the service cannot see: whether the script is on a page, allowed there, and what its visitor's browser says. The owner
// opens the page with the inspector and finds the cause in what stands there, or in what does not.
import { useState } from "preact/hooks";
import { mayPage } from "../findings";
import { link } from "../router";
import { Copy } from "./copy";

interface Props {
  site: string;
  origins: string[];
  tag: string;
}

export function LookAtPage({ site, origins, tag }: Props) {
  const [address, setAddress] = useState(`${origins[0] ?? "https://"}/`);
  const [answer, setAnswer] = useState<ReturnType<typeof mayPage>>();
  const [opened, setOpened] = useState("");
  const open = (event: SubmitEvent) => {
    event.preventDefault();
    const found = mayPage(address, site, origins);
    setAnswer(found);
    const may = found != null && !found.command;
    setOpened(may ? address : "");
    // The page cannot reach back to this one. A route behind the # stays before the mark.
    if (may) window.open(`${new URL(address).href}#isotherm-inspect`, "_blank", "noopener,noreferrer");
  };
  return (
    <section>
      <h2>Look at a page</h2>
      <p>
        Opens a page in a new tab with <code>#isotherm-inspect</code> behind its address: the script then shows what it does there. The address is kept
        nowhere.
      </p>
      {saysNo() && <p class="error">This browser asks not to be tracked, so pages opened in it are not measured. Use another one to see beacons arrive.</p>}
      <form class="filters" onSubmit={open} aria-label="Look at a page">
        <label class="wide">
          Address of a page
          <input type="url" name="address" required value={address} spellcheck={false} onInput={(event) => setAddress(event.currentTarget.value)} />
        </label>
        <button type="submit">Open it</button>
      </form>
      {answer === null && (
        <p class="error" role="alert">
          This is no address of a page: it begins with https:// or http://.
        </p>
      )}
      {opened && (
        <div class="verdict open">
          <strong>No panel on the page that opened?</strong>
          <p>Where the service runs, this fetches the page and says what keeps the script out: no tag, another site's tag, or the directive of its policy.</p>
          <Copy text={doctor(opened)} label="Copy the command" />
        </div>
      )}
      {answer?.command && (
        <div class="verdict bad" role="alert">
          <strong>Pages of {answer.origin} may not send for this site.</strong>
          <p>
            Who administers the site adds the origin under <a href={link("site")}>Site</a>. On the command line, this lets them and keeps the other origins; it
            also prints a new read token, to be revoked if nobody needs it.
          </p>
          <Copy text={answer.command} label="Copy the command" />
        </div>
      )}
      <Meanings site={site} service={new URL(/src="([^"]*)"/.exec(tag)?.[1] ?? location.href).origin} />
    </section>
  );
}

/** The command that looks at a page from the service; a path that a shell could take for more than a name is left out. */
function doctor(address: string): string {
  const { origin, pathname } = new URL(address);
  return `isotherm doctor --url ${origin}${/^[\w./-]*$/.test(pathname) ? pathname : "/"}`;
}

/** What the browser of whoever looks tells pages; `doNotTrack` is no more in the types. */
const saysNo = (): boolean => {
  const { doNotTrack, globalPrivacyControl } = navigator as { doNotTrack?: string | null; globalPrivacyControl?: boolean };
  return doNotTrack === "1" || globalPrivacyControl === true;
};

function Meanings({ site, service }: { site: string; service: string }) {
  const policy = `script-src ${service}; connect-src ${service}`;
  return (
    <details class="meanings" open>
      <summary>What you see, and what it means</summary>
      <dl>
        <dt>A panel that lists beacons</dt>
        <dd>
          The script runs and sends. They are counted above within seconds. If not, compare <code>"site"</code> in them with <code>{site}</code>, and look
          for a red line on this page.
        </dd>
        <dt>A panel that says your browser sends a signal, or that you opted out</dt>
        <dd>The tag works; only you are not measured. Take another browser to see beacons.</dd>
        <dt>A panel that names the page's Content-Security-Policy</dt>
        <dd>The script runs and nothing leaves the page. Its policy must name this service in connect-src.</dd>
        <dt>No panel, and the console (F12) has “Content Security Policy”, “script-src”, isotherm.js</dt>
        <dd>
          The page's policy keeps the script out. Add to it what stands here:
          <Copy text={policy} label="Copy the sources" />
        </dd>
        <dt>No panel, and “ERR_BLOCKED_BY_CLIENT”</dt>
        <dd>An extension of this browser blocks it. Visitors who have such a one are not measured.</dd>
        <dt>No panel, and “404”, “ERR_NAME_NOT_RESOLVED”, “ERR_CONNECTION”, “Mixed Content”</dt>
        <dd>
          The tag's address is wrong, or this service cannot be reached there: it is <code>{service}/isotherm.js</code>. Pages on https need it on https.
        </dd>
        <dt>No panel, and nothing of isotherm in the console</dt>
        <dd>
          The tag is not in the page as it is delivered, or a consent tool holds it back: look for <code>data-site="{site}"</code> in its source.
        </dd>
      </dl>
    </details>
  );
}
