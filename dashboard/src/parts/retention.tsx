// How long a site's sealed counts are kept. What would be lost is said, with when, before it is.
import { useState } from "preact/hooks";
import { ask, change } from "../api";
import type { Retention as Known } from "../api-types";
import { useAnswer } from "../answer";
import { count } from "../words";
import { Answered } from "./answered";
import { Outcome, useSaving } from "./saving";

interface Wanted {
  months: number;
  then: Known["then"];
}

const MEANS: Record<Known["then"], string> = {
  delete: "is deleted",
  coarsen: "is kept coarser",
};

export function Retention({ site }: { site: string }) {
  const asked = useAnswer(`retention ${site}`, (signal) => ask(site, "retention", {}, signal));
  const [wanted, want] = useState<Wanted>();
  /** How often the form was begun anew. */
  const [round, begin] = useState(0);
  const saving = useSaving();
  const set = async ({ months, then }: Wanted, lost_before?: string) => {
    want(undefined);
    const body = { months, then, ...(lost_before && { lost_before }) };
    await saving.save(() => change(site, "retention", "PUT", body), lost_before ? `Saved. Counts of before ${lost_before} go now, at the latest with the next seal.` : "Saved.");
    asked.again();
  };
  const keep = () => {
    want(undefined);
    begin((before) => before + 1);
  };
  const choose = (known: Known) => (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget as HTMLFormElement);
    const chosen = { months: Number(given.get("months")), then: given.get("then") === "coarsen" ? "coarsen" : "delete" } as const;
    if (isHarder(known, chosen)) want(chosen);
    else void set(chosen);
  };
  return (
    <section class="settings" aria-labelledby="retention">
      <h2 id="retention">How long counts are kept</h2>
      <Answered asked={asked} what="the retention">
        {(known) => (
          <>
            <p>
              Sealed counts are kept as they are for <strong>{count(known.months)} whole months</strong> besides the running one; what is older{" "}
              {MEANS[known.then]}. <There known={known} />
            </p>
            <p class="aside">Coarser is: whole months, 64 px squares and whole elements. Countries stay as they are, by month.</p>
            <form key={`${known.months} ${known.then} ${round}`} class="filters" onSubmit={choose(known)} onInput={() => want(undefined)} aria-label="Retention">
              <label>
                Whole months
                <input type="number" name="months" required min={3} max={1_200} defaultValue={String(known.months)} />
              </label>
              <label class="wide">
                What is older
                <select name="then">
                  <option value="delete" selected={known.then === "delete"}>
                    {MEANS.delete}
                  </option>
                  <option value="coarsen" selected={known.then === "coarsen"}>
                    {MEANS.coarsen}
                  </option>
                </select>
              </label>
              <button type="submit" class="primary">
                Change
              </button>
            </form>
            {wanted && <Confirm known={known} wanted={wanted} confirm={(before) => void set(wanted, before)} keep={keep} />}
          </>
        )}
      </Answered>
      <Outcome saving={saving} />
    </section>
  );
}

function There({ known: { oldest, sealed_to } }: { known: Known }) {
  if (!oldest || !sealed_to) return <>Nothing is sealed yet.</>;
  return (
    <>
      There are sealed counts from <span class="day">{oldest}</span> to <span class="day">{sealed_to}</span>.
    </>
  );
}

const isHarder = (known: Known, wanted: Wanted): boolean => wanted.months < known.months || (known.then === "coarsen" && wanted.then === "delete");

/** The first day that stays as it is, where counts of before are there; as the service reckons it, which refuses another. */
function lostBefore({ oldest, sealed_to }: Known, { months }: Wanted): string | undefined {
  if (!oldest || !sealed_to) return undefined;
  const [year = 0, month = 0] = sealed_to.split("-").map(Number);
  const first = new Date(Date.UTC(year, month - 1 - months, 1)).toISOString().slice(0, 10);
  return oldest < first ? first : undefined;
}

interface ConfirmProps {
  known: Known;
  wanted: Wanted;
  confirm: (lostBefore?: string) => void;
  keep: () => void;
}

function Confirm({ known, wanted, confirm, keep }: ConfirmProps) {
  const before = lostBefore(known, wanted);
  const deletes = wanted.then === "delete";
  const does = deletes ? "Delete for ever" : "Make coarser for ever";
  return (
    <div class="verdict bad" role="alert">
      <strong>{before ? `Sealed counts of before ${before} ${deletes ? "are deleted for good." : "lose their detail for good."}` : "Nothing that is there now is that old."}</strong>
      {before ? <p>{fate(known, wanted)}</p> : null}
      <p>
        From then on, month by month, what is older than {count(wanted.months)} whole months {MEANS[wanted.then]}. Neither a longer time nor another choice brings
        it back.
      </p>
      <p class="actions">
        <button type="button" class="danger" onClick={() => confirm(before)}>
          {before ? does : "Keep less from now on"}
        </button>
        <button type="button" onClick={keep}>
          Leave it as it is
        </button>
      </p>
    </div>
  );
}

/** What goes, and when. */
function fate(known: Known, wanted: Wanted): string {
  const days = `The oldest are of ${known.oldest ?? "an unknown day"}.`;
  if (wanted.then === "coarsen") return `${days} With the next seal, after midnight UTC, they become whole months of 64 px squares and whole elements.`;
  const summed = known.then === "coarsen" ? " What is coarser already goes with a later seal, at the latest in the first days of next month." : "";
  return `${days} Their deletion begins within minutes and ends with the next seal, after midnight UTC.${summed} Backups that were made before still hold them.`;
}
