// Who may look: the site's tokens, and its links for people without one.
import { useState } from "preact/hooks";
import { ask, change } from "../api";
import type { Token } from "../api-types";
import { messageOf, useAnswer } from "../answer";
import { Answered } from "../parts/answered";
import { Copy } from "../parts/copy";
import { Empty } from "../parts/notice";
import { Revoke } from "../parts/revoke";
import { Shares } from "../parts/shares";
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
  const [failure, setFailure] = useState<string>();
  const act = async (work: () => Promise<void>) => {
    setFailure(undefined);
    try {
      await work();
      asked.again();
    } catch (error) {
      setFailure(messageOf(error));
    }
  };
  const create = (event: SubmitEvent) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const networks = String(form.get("allow_ip")).split(/[\s,]+/).filter(Boolean);
    const body = { scope: form.get("scope"), expires: form.get("expires") || null, allow_ip: networks };
    void act(async () => setMade((await change<{ token: string }>(site, "tokens", "POST", body)).token));
  };
  return (
    <>
      {failure && (
        <p class="error" role="alert">
          {failure}
        </p>
      )}
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
        {made && (
          <div class="verdict good" role="status">
            <strong>Shown once, stored nowhere:</strong>
            <Copy text={made} label="Copy the token" />
          </div>
        )}
      </section>
      <section>
        <h2>Tokens</h2>
        <Answered asked={asked} what="tokens">
          {(tokens) => (
            <TokenTable
              tokens={tokens}
              revoke={(token) => void act(async () => void (await change(site, `tokens/${token.id}`, "DELETE")))}
            />
          )}
        </Answered>
      </section>
    </>
  );
}

function TokenTable({ tokens, revoke }: { tokens: Token[]; revoke: (token: Token) => void }) {
  return (
    <div class="sideways" tabIndex={0} role="region" aria-label="Tokens">
    <table>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">May</th>
          <th scope="col">Made</th>
          <th scope="col">Ends</th>
          <th scope="col">Last used</th>
          <th scope="col">From</th>
          <th scope="col">
            <span class="hidden">Revoke</span>
          </th>
        </tr>
      </thead>
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
    </div>
  );
}
