// Who may look: the site's tokens, and its links for people without one.
import { useState } from "preact/hooks";
import { ask, change } from "../api";
import type { Token } from "../api-types";
import { useAnswer } from "../answer";
import { Answered } from "../parts/answered";
import { ShownOnce } from "../parts/copy";
import { Empty } from "../parts/notice";
import { Revoke } from "../parts/revoke";
import { entriesOf, Outcome, useSaving } from "../parts/saving";
import { Shares } from "../parts/shares";
import { Head, Sideways } from "../parts/table";
import { Widget } from "../parts/widget";
import type { ViewProps } from "./view";

export function Access({ session, query }: ViewProps) {
  if (session.scope !== "admin") {
    return (
      <>
        <h1>Access</h1>
        <Empty title="This token may read, not administer.">
          <p>
            Log in with an administering token to see and change who may look: <code>isotherm token create --site {session.site} --admin</code>
          </p>
        </Empty>
      </>
    );
  }
  return (
    <>
      <h1>Access</h1>
      <Shares site={session.site} page={query.share} />
      <Tokens site={session.site} />
      <Widget site={session.site} />
    </>
  );
}

function Tokens({ site }: { site: string }) {
  const asked = useAnswer(`tokens ${site}`, (signal) => ask(site, "tokens", {}, signal));
  const [made, setMade] = useState<string>();
  const saving = useSaving();
  const create = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const given = new FormData(form);
    const networks = entriesOf(form, "allow_ip");
    const body = { scope: given.get("scope"), expires: given.get("expires") || null, allow_ip: networks.map(({ text }) => text) };
    const make = async () => {
      setMade((await change<{ token: string }>(site, "tokens", "POST", body)).token);
      asked.again();
    };
    void saving.save(make, "", networks);
  };
  const revoke = async ({ id }: Token) => {
    await saving.save(() => change(site, `tokens/${id}`, "DELETE"), `The token ${id} opens nothing any more.`);
    asked.again();
  };
  return (
    <>
      <section>
        <h2>New token</h2>
        <form class="filters" onSubmit={create} aria-label="New token">
          <label>
            May
            <select name="scope">
              <option value="read">read</option>
              <option value="admin">read and administer</option>
            </select>
          </label>
          <label>
            Ends on (UTC; empty: never)
            <input type="date" name="expires" />
          </label>
          <label class="wide">
            Only from these networks (CIDR; empty: any)
            <input name="allow_ip" placeholder="203.0.113.0/24" spellcheck={false} />
          </label>
          <button type="submit" class="primary">
            Make a token
          </button>
        </form>
        <Outcome saving={saving} />
        {made && <ShownOnce text={made} label="Copy the token" />}
      </section>
      <section>
        <h2>Tokens</h2>
        <Answered asked={asked} what="tokens">
          {(tokens) => <TokenTable tokens={tokens} revoke={(token) => void revoke(token)} />}
        </Answered>
      </section>
    </>
  );
}

function TokenTable({ tokens, revoke }: { tokens: Token[]; revoke: (token: Token) => void }) {
  return (
    <Sideways label="Tokens">
      <table>
        <Head of={["Name", "May", "Made", "Ends", "Last used", "From", { act: "Revoke" }]} />
        <tbody>
          {tokens.map((token) => (
            <tr key={token.id}>
              <td>
                <code>{token.id}</code>
              </td>
              <td>{token.scope === "admin" ? "read and administer" : "read"}</td>
              <td>{token.created}</td>
              <td>{token.expires ?? "never"}</td>
              <td>{token.last_used ?? "not yet"}</td>
              <td>{token.allow_ip.length > 0 ? token.allow_ip.join(", ") : "any network"}</td>
              <td>
                <Revoke id={token.id} revoke={() => revoke(token)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Sideways>
  );
}
