// Runs inside Chromium: the same cells, drawn three ways on canvases of one size, each timed whole.
import simpleheat from "simpleheat";
import { gridOf } from "../src/heat/grid";
import { paint } from "../src/heat/paint";

// heatmap.js only runs outside strict mode, so it is a script of its own.
declare const h337: { create(options: object): { setData(data: object): void } };

const [WIDTH, HEIGHT] = [1440, 8000];

function cells(count: number) {
  let seed = 20_26;
  const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const all = new Map<number, { x: number; y: number; px: number; views: number }>();
  while (all.size < count) {
    const [x, y] = [Math.floor((random() * WIDTH) / 16), Math.floor((random() * HEIGHT) / 16)];
    all.set(y * 1000 + x, { x, y, px: 16, views: 5 + Math.floor(40 * random() ** 3) });
  }
  return [...all.values()];
}

function canvas(height: number): HTMLCanvasElement {
  const made = document.createElement("canvas");
  [made.width, made.height] = [WIDTH, height];
  document.body.replaceChildren(made);
  return made;
}

/** Reading a pixel back waits until all is drawn. */
const settle = (made: HTMLCanvasElement) => made.getContext("2d")!.getImageData(40, 40, 1, 1);

const drawings: Record<string, (all: ReturnType<typeof cells>) => void> = {
  "isotherm": (all) => {
    // As in the dashboard: the canvas is as large as the grid, and style stretches it.
    const made = document.createElement("canvas");
    document.body.replaceChildren(made);
    paint(made, gridOf(all, WIDTH, HEIGHT));
    made.style.cssText = `width:${WIDTH}px;height:${HEIGHT}px`;
    settle(made);
  },
  "simpleheat 0.4.0": (all) => {
    const made = canvas(HEIGHT);
    simpleheat(made).radius(24, 24).max(45).data(all.map((cell) => [cell.x * 16 + 8, cell.y * 16 + 8, cell.views])).draw();
    settle(made);
  },
  "heatmap.js 2.0.5": (all) => {
    const box = document.createElement("div");
    box.style.cssText = `width:${WIDTH}px;height:${HEIGHT}px;position:relative`;
    document.body.replaceChildren(box);
    const map = h337.create({ container: box, radius: 48 });
    map.setData({ min: 0, max: 45, data: all.map((cell) => ({ x: cell.x * 16 + 8, y: cell.y * 16 + 8, value: cell.views })) });
    settle(box.querySelector("canvas")!);
  },
};

(window as never as { run: unknown }).run = (count: number, rounds: number) => {
  const all = cells(count);
  const times: Record<string, number[]> = {};
  for (let round = -2; round < rounds; round++) {
    for (const [name, draw] of Object.entries(drawings)) {
      const began = performance.now();
      draw(all);
      if (round >= 0) (times[name] ??= []).push(performance.now() - began);
    }
  }
  return times;
};
