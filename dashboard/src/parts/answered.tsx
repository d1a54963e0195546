// An answer's three states, drawn alike everywhere.
import type { ComponentChildren } from "preact";
import type { Asked } from "../answer";
import { Failure, Loading } from "./notice";

interface Props<T> {
  asked: Asked<T>;
  what: string;
  children: (value: T) => ComponentChildren;
}

export function Answered<T>({ asked, what, children }: Props<T>) {
  if (asked.error) return <Failure message={asked.error} again={asked.again} />;
  if (asked.value === undefined) return <Loading what={what} />;
  return (
    <div class="answered" aria-busy={asked.loading}>
      {children(asked.value)}
    </div>
  );
}
