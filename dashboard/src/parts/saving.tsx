// A change on its way: what it says when it is done, or why it was refused.
import { useState } from "preact/hooks";
import { messageOf } from "../answer";

export interface Saving {
  /** Says in words what became of it; empty while nothing was tried. */
  done: string;
  failure: string;
  save: (work: () => Promise<unknown>, done: string) => Promise<boolean>;
}

export function useSaving(): Saving {
  const [state, set] = useState({ done: "", failure: "" });
  const save = async (work: () => Promise<unknown>, done: string): Promise<boolean> => {
    set({ done: "", failure: "" });
    try {
      await work();
      set({ done, failure: "" });
      return true;
    } catch (error) {
      set({ done: "", failure: sentence(messageOf(error)) });
      return false;
    }
  };
  return { ...state, save };
}

/** Without the parameter's name, which the form shows already. */
function sentence(message: string): string {
  const words = message.replace(/^`\w+`: /, "");
  return words.charAt(0).toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : ".");
}

export function Outcome({ saving: { done, failure } }: { saving: Saving }) {
  return (
    <>
      {failure && (
        <p class="error" role="alert">
          {failure}
        </p>
      )}
      <p class="saved" role="status">
        {done}
      </p>
    </>
  );
}

/** The lines or words of a field, one item each. */
export const itemsOf = (form: HTMLFormElement, name: string): string[] =>
  String(new FormData(form).get(name) ?? "").split(/[\s,]+/).filter(Boolean);
