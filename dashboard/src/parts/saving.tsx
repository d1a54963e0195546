// A change on its way: what it says when it is done, or why it was refused.
import { useState } from "preact/hooks";
import { messageOf } from "../answer";
import { ApiError } from "../api";

export interface Saving {
  /** Says in words what became of it; empty while nothing was tried. */
  done: string;
  failure: string;
  /** `lines` are the entries of the list that is saved, so that a bad one is named as it was typed. */
  save: (work: () => Promise<unknown>, done: string, lines?: Entry[]) => Promise<boolean>;
}

/** A text of a field that holds several, and its line, from 1. */
export interface Entry {
  text: string;
  line: number;
}

export function useSaving(): Saving {
  const [state, set] = useState({ done: "", failure: "" });
  const save = async (work: () => Promise<unknown>, done: string, lines: Entry[] = []): Promise<boolean> => {
    set({ done: "", failure: "" });
    try {
      await work();
      set({ done, failure: "" });
      return true;
    } catch (error) {
      set({ done: "", failure: sentence(error, lines) });
      return false;
    }
  };
  return { ...state, save };
}

/** Without the parameter's name, which the form shows already; with the line that is meant, which the service has not seen. */
function sentence(error: unknown, lines: Entry[]): string {
  const words = messageOf(error).replace(/^`\w+`(, entry \d+)?: /, "");
  const bad = error instanceof ApiError && error.entry !== undefined ? lines[error.entry] : undefined;
  const said = bad ? `Line ${bad.line}, “${bad.text}”: ${words}` : words.charAt(0).toUpperCase() + words.slice(1);
  return said + (/[.!?]$/.test(said) ? "" : ".");
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

/** The words of a field, one entry each, wherever its lines end. */
export const entriesOf = (form: HTMLFormElement, name: string): Entry[] =>
  String(new FormData(form).get(name) ?? "")
    .split("\n")
    .flatMap((words, at) => words.split(/[\s,]+/).filter(Boolean).map((text) => ({ text, line: at + 1 })));
