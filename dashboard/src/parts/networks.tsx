// From where a site's answers may be asked for, besides what each token says itself.
import { ask, change } from "../api";
import { useAnswer } from "../answer";
import { Answered } from "./answered";
import { entriesOf, Outcome, useSaving } from "./saving";

export function Networks({ site }: { site: string }) {
  const asked = useAnswer(`networks ${site}`, (signal) => ask(site, "networks", {}, signal));
  const saving = useSaving();
  const set = async (event: SubmitEvent) => {
    event.preventDefault();
    const lines = entriesOf(event.currentTarget as HTMLFormElement, "allow_ip");
    const allow_ip = lines.map(({ text }) => text);
    const done = allow_ip.length > 0 ? "Saved. Tokens, sessions and links of the site open nothing from anywhere else." : "Saved. The site may be looked at from any network.";
    if (await saving.save(() => change(site, "networks", "PUT", { allow_ip }), done, lines)) asked.again();
  };
  return (
    <section class="settings" aria-labelledby="networks">
      <h2 id="networks">Networks</h2>
      <p class="aside">
        From where this dashboard, the API and share links may be used for the site. A token's own list holds besides. Visitors of your pages are not meant:
        they are measured from everywhere.
      </p>
      <Answered asked={asked} what="the networks">
        {({ allow_ip }) => (
          <form key={allow_ip.join()} class="filters lines" onSubmit={(event) => void set(event)} aria-label="Networks">
            <label class="wide">
              Addresses and networks (CIDR), one a line; empty: any network
              <textarea name="allow_ip" rows={Math.max(3, allow_ip.length + 1)} defaultValue={allow_ip.join("\n")} placeholder={"203.0.113.0/24\n2001:db8::/32"} spellcheck={false} />
            </label>
            <button type="submit" class="primary">
              Save the networks
            </button>
          </form>
        )}
      </Answered>
      <Outcome saving={saving} />
    </section>
  );
}
