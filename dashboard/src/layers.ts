// The layers of a page: what a switch, a column and a tip call what is counted.
import type { Layer } from "./api-types";

export interface Layered {
  name: Layer | "click,tap";
  /** On the switch; small, it is what is counted. */
  text: string;
  means: string;
  /** Of an element: its number, and the share of page views that have one. */
  number: [text: string, means: string];
  rate: [text: string, means: string];
  /** Counted by element alone: there is no place on the page to draw. */
  unplaced?: boolean;
}

const counted = (name: Layered["name"], text: string, means: string, [number, rate, one]: [string, string, string]): Layered => ({
  name,
  text,
  means,
  number: [number, `${text} on the element`],
  rate: [rate, `Share of the page's page views with ${one} on it`],
});

const BOTH = counted("click,tap", "Clicks and taps", "Mouse, pen, keyboard and touch.", ["Clicks", "Click rate", "a click or tap"]);

export const LAYERS: Layered[] = [
  BOTH,
  counted("click", "Clicks", "Mouse, pen and keyboard.", ["Clicks", "Click rate", "a click"]),
  counted("tap", "Taps", "Touch.", ["Taps", "Tap rate", "a tap"]),
  counted("rage", "Rage clicks", "Three clicks in one place, each within a second of the last.", ["Rage clicks", "Rage click rate", "a rage click"]),
  counted("dead", "Dead clicks", "Clicks after which nothing happened.", ["Dead clicks", "Dead click rate", "a dead click"]),
  {
    name: "exposure",
    text: "Seen",
    means: "Elements with a data-isotherm name that came into view.",
    number: ["Seen in", "Page views in which it came into view"],
    rate: ["Seen", "Share of the page's page views in which it came into view"],
    unplaced: true,
  },
];

/** The layer of an address; clicks and taps where it names none that is known. */
export const layerOf = (name: string | undefined): Layered => LAYERS.find((layer) => layer.name === name) ?? BOTH;
