// Words over the page, each in a box: none lies over another, nor under the panel.

export interface Room {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const HEIGHT_PX = 18;
/** From one to the next, px. */
const STEP_PX = HEIGHT_PX + 2;
/** Where there is no room at its own height, words go so far up or down, px; farther away they would speak of another place, and are left out. */
const AWAY_PX = [0, -1, 1, -2, 2, -3, 3].map((steps) => steps * STEP_PX);

export class Tags {
  readonly #taken: Room[];

  constructor(
    readonly context: CanvasRenderingContext2D,
    readonly panel: Room,
  ) {
    this.#taken = [panel];
  }

  /** Words from `left` on at this height, or as near as there is room. */
  put(text: string, left: number, height: number): void {
    const width = widthOf(this.context, text);
    const inWindow = (x: number) => Math.max(0, Math.min(x, innerWidth - width));
    const beside = this.panel.left - width - 8;
    for (const away of AWAY_PX) {
      const top = Math.max(0, height + away - HEIGHT_PX / 2);
      for (const x of beside > 0 ? [inWindow(left), beside] : [inWindow(left)]) {
        const room = { left: x, top, right: x + width, bottom: top + HEIGHT_PX };
        if (this.#taken.some((other) => overlap(room, other))) continue;
        this.#taken.push(room);
        return write(this.context, text, x, top);
      }
    }
  }
}

const overlap = (one: Room, other: Room): boolean =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

/** Words at the upper left corner of something, wherever that is. */
export function tag(context: CanvasRenderingContext2D, text: string, left: number, top: number): void {
  const x = Math.max(0, Math.min(left, innerWidth - widthOf(context, text)));
  write(context, text, x, Math.max(0, top - HEIGHT_PX / 2));
}

function widthOf(context: CanvasRenderingContext2D, text: string): number {
  context.font = "600 12px system-ui, sans-serif";
  return context.measureText(text).width + 10;
}

function write(context: CanvasRenderingContext2D, text: string, left: number, top: number): void {
  context.fillStyle = "#1d1a26";
  context.fillRect(left, top, widthOf(context, text), HEIGHT_PX);
  context.fillStyle = "#fff";
  context.fillText(text, left + 5, top + 13);
}
