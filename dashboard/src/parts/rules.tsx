// A site's page rules: which pages are not measured, and which are counted as one.
import { ask, change } from "../api";
import type { Rule } from "../api-types";
import { useAnswer } from "../answer";
import { Answered } from "./answered";
import { Revoke } from "./revoke";
import { Outcome, useSaving } from "./saving";
import { Head, Sideways } from "./table";

const MEANS: Record<Rule["action"], string> = { drop: "are not measured", group: "are counted as one page" };

export function Rules({ site }: { site: string }) {
  const asked = useAnswer(`rules ${site}`, (signal) => ask(site, "rules", {}, signal));
  const saving = useSaving();
  const add = async (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const given = new FormData(form);
    const pattern = String(given.get("pattern")).trim();
    const rule = { pattern, action: given.get("action"), first: given.get("first") !== null };
    const added = await saving.save(() => change(site, "rules", "POST", rule), `The rule ${pattern} holds, for what is collected from now on.`);
    if (!added) return;
    form.reset();
    asked.again();
  };
  const remove = async ({ pattern }: Rule) => {
    const path = `rules?${new URLSearchParams({ pattern }).toString()}`;
    await saving.save(() => change(site, path, "DELETE"), `The rule ${pattern} is removed. What was counted under it stays so.`);
    asked.again();
  };
  return (
    <section class="settings" aria-labelledby="rules">
      <h2 id="rules">Page rules</h2>
      <p class="aside">
        A pattern is a path in which <code>*</code> stands for one segment or a part of it, and <code>**</code> at the end for all the rest. Of several
        that match a page, the first holds. Rules are about what is collected from now on; what is counted already stays as it is.
      </p>
      <Answered asked={asked} what="the page rules">
        {(rules) => (rules.length > 0 ? <RuleTable rules={rules} remove={(rule) => void remove(rule)} /> : <p>No rules: every page is counted by its own path.</p>)}
      </Answered>
      <form class="filters" onSubmit={(event) => void add(event)} aria-label="New page rule">
        <label class="wide">
          Pages like
          <input name="pattern" required placeholder="/product/*" spellcheck={false} autocapitalize="off" />
        </label>
        <label>
          What becomes of them
          <select name="action">
            <option value="group">{MEANS.group}</option>
            <option value="drop">{MEANS.drop}</option>
          </select>
        </label>
        <label class="check">
          <input type="checkbox" name="first" />
          Before all others
        </label>
        <button type="submit" class="primary">
          Add the rule
        </button>
      </form>
      <Outcome saving={saving} />
    </section>
  );
}

function RuleTable({ rules, remove }: { rules: Rule[]; remove: (rule: Rule) => void }) {
  return (
    <Sideways label="Page rules in their order">
      <table class="rules">
        <Head of={["Order", "Pages like", "What becomes of them", { act: "Remove" }]} />
        <tbody>
          {rules.map((rule, at) => (
            <tr key={rule.pattern}>
              <td>{at + 1}</td>
              <td>
                <code>{rule.pattern}</code>
              </td>
              <td>{MEANS[rule.action]}</td>
              <td>
                <Revoke id={rule.pattern} word="Remove" sure="Remove the rule" revoke={() => remove(rule)} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Sideways>
  );
}
