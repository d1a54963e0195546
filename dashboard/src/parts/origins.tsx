// Whose pages may send: a site's origins.
import { change } from "../api";
import { entriesOf, Outcome, useSaving } from "./saving";

interface Props {
  site: string;
  origins: string[];
  changed: () => void;
}

export function Origins({ site, origins, changed }: Props) {
  const saving = useSaving();
  const set = async (event: SubmitEvent) => {
    event.preventDefault();
    const lines = entriesOf(event.currentTarget as HTMLFormElement, "origins");
    const wanted = lines.map(({ text }) => text);
    const put = () => change(site, "origins", "PUT", { origins: wanted });
    if (await saving.save(put, "Saved. Pages of these origins may send, and no others.", lines)) changed();
  };
  return (
    <section class="settings" aria-labelledby="origins">
      <h2 id="origins">Origins</h2>
      <p class="aside">Pages of these origins may send; what pages of others send is refused. A change holds at once.</p>
      <form key={origins.join()} class="filters lines" onSubmit={(event) => void set(event)} aria-label="Origins">
        <label class="wide">
          Origins, one a line
          <textarea name="origins" required rows={Math.max(3, origins.length + 1)} defaultValue={origins.join("\n")} placeholder="https://www.example.com" spellcheck={false} />
        </label>
        <button type="submit" class="primary">
          Save the origins
        </button>
      </form>
      <Outcome saving={saving} />
    </section>
  );
}
