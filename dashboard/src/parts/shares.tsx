// Links for people without a token: made with an end, listed, revoked.
import { useState } from "preact/hooks";
import { ask, change } from "../api";
import type { MadeShare, Share } from "../api-types";
import { useAnswer } from "../answer";
import { inDays } from "../words";
import { Answered } from "./answered";
import { ShownOnce } from "./copy";
import { Revoke } from "./revoke";
import { Outcome, useSaving } from "./saving";
import { Head, Sideways } from "./table";

/** A link lives this many days where nothing else is said, and at most so many. */
const DAYS = 30;
const DAYS_MAX = 366;

export function Shares({ site, page }: { site: string; page: string | undefined }) {
  const asked = useAnswer(`shares ${site}`, (signal) => ask(site, "shares", {}, signal));
  const [made, setMade] = useState<string>();
  const saving = useSaving();
  const create = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const text = (name: string): string | null => String(new FormData(form).get(name) ?? "") || null;
    const body = { page: text("page"), expires: text("expires"), password: text("password") };
    void saving.save(async () => {
      setMade((await change<MadeShare>(site, "shares", "POST", body)).url);
      form.reset();
      asked.again();
    }, "");
  };
  const revoke = async ({ id }: Share) => {
    await saving.save(() => change(site, `shares/${id}`, "DELETE"), `The link ${id} opens nothing any more.`);
    asked.again();
  };
  return (
    <>
      <section>
        <h2>New share link</h2>
        <p class="aside">
          Whoever has the link sees the site, or the one page, as it is sealed: nothing of the last days, nothing of fewer than ten page views, no
          settings. It ends by itself.
        </p>
        <form class="filters" onSubmit={create} aria-label="New share link">
          <label class="wide">
            One page (empty: all of the site)
            <input name="page" defaultValue={page ?? ""} placeholder="/product/teapot" spellcheck={false} />
          </label>
          <label>
            Ends on (UTC)
            <input type="date" name="expires" required defaultValue={inDays(DAYS)} min={inDays(0)} max={inDays(DAYS_MAX)} />
          </label>
          <label>
            Password (empty: none)
            <input name="password" type="password" minLength={8} maxLength={128} autocomplete="new-password" />
          </label>
          <button type="submit" class="primary">
            Make a link
          </button>
        </form>
        <Outcome saving={saving} />
        {made && <ShownOnce text={made} label="Copy the link" />}
      </section>
      <Answered asked={asked} what="share links">
        {(shares) =>
          shares.length > 0 && (
            <section>
              <h2>Share links</h2>
              <ShareTable shares={shares} revoke={(share) => void revoke(share)} />
            </section>
          )
        }
      </Answered>
    </>
  );
}

const shownBy = ({ shows, page }: Share): string => (shows === "site" ? "all of the site" : (page ?? "a page without a published name"));

function ShareTable({ shares, revoke }: { shares: Share[]; revoke: (share: Share) => void }) {
  const today = inDays(0);
  return (
    <Sideways label="Share links">
      <table>
        <Head of={["Name", "Shows", "Made", "Ends", "Password", "Made by", { act: "Revoke" }]} />
        <tbody>
          {shares.map((share) => (
            <tr key={share.id}>
              <td>
                <code>{share.id}</code>
              </td>
              <td>{shownBy(share)}</td>
              <td>{share.created}</td>
              <td>{share.expires < today ? "has ended" : share.expires}</td>
              <td>{share.password ? "yes" : "no"}</td>
              <td>
                <code>{share.made_by}</code>
              </td>
              <td>
                <Revoke id={share.id} revoke={() => revoke(share)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Sideways>
  );
}
