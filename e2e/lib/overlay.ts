// The overlay on a living page. Its parts are in a closed shadow root, which no script of the page sees; the browser's debugger does.

import type { CDPSession, Page } from "playwright-core";

interface Node {
  nodeId: number;
  nodeName: string;
  nodeValue: string;
  attributes?: string[];
  children?: Node[];
  shadowRoots?: Node[];
}

export interface Rectangle {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const walk = (node: Node): Node[] => [node, ...[...(node.children ?? []), ...(node.shadowRoots ?? [])].flatMap(walk)];

const attribute = (node: Node, name: string): string | undefined => {
  const at = node.attributes?.findIndex((value, index) => index % 2 === 0 && value === name) ?? -1;
  return at < 0 ? undefined : node.attributes?.[at + 1];
};

/** The overlay's switches on a tab. */
export class Overlay {
  private constructor(
    private readonly tab: Page,
    private readonly debug: CDPSession,
  ) {}

  static async on(tab: Page): Promise<Overlay> {
    return new Overlay(tab, await tab.context().newCDPSession(tab));
  }

  /** What it says; nothing where there is no overlay. */
  async says(): Promise<string> {
    const [line] = (await this.nodes()).filter((node) => attribute(node, "role") === "status");
    return line ? walk(line).map(({ nodeValue }) => nodeValue).join("") : "";
  }

  /** Which elements of this name it has. */
  async elements(name: string): Promise<string[]> {
    return (await this.nodes()).map(({ nodeName }) => nodeName).filter((one) => one === name);
  }

  /** Where its form lies in the window. */
  async form(): Promise<Rectangle> {
    const [form] = (await this.nodes()).filter(({ nodeName }) => nodeName === "FORM");
    if (!form) throw new Error("there is no overlay");
    return this.box(form);
  }

  /** How many pixels of the boxes that words stand in are drawn in a part of the window, also under the form. */
  async words({ left, top, right, bottom }: Rectangle): Promise<number> {
    const count = `function (x, y, width, height) {
      const { data } = this.getContext("2d").getImageData(x, y, width, height);
      let found = 0;
      for (let at = 0; at < data.length; at += 4) if (data[at] === 29 && data[at + 1] === 26 && data[at + 2] === 38 && data[at + 3] === 255) found++;
      return found;
    }`;
    return Number(await this.ofLines(count, [left, top, right - left, bottom - top]));
  }

  /** How opaque the maps of lines and bands are at `x`, from the window's top to its bottom: 0 to 255 for each pixel. */
  async column(x: number): Promise<number[]> {
    const read = `function (x) {
      const { data } = this.getContext("2d").getImageData(x, 0, 1, this.height);
      return [...data].filter((_, at) => at % 4 === 3);
    }`;
    return (await this.ofLines(read, [x])) as number[];
  }

  private async ofLines(functionDeclaration: string, given: number[]): Promise<unknown> {
    const canvas = (await this.nodes()).find((node) => attribute(node, "class") === "lines");
    const { object } = await this.debug.send("DOM.resolveNode", { nodeId: canvas?.nodeId ?? 0 });
    const all = given.map((value) => ({ value }));
    const { result } = await this.debug.send("Runtime.callFunctionOn", { objectId: object.objectId ?? "", functionDeclaration, arguments: all, returnByValue: true });
    return result.value;
  }

  /** Clicks the button with this text. */
  async press(text: string): Promise<void> {
    const buttons = (await this.nodes()).filter(({ nodeName }) => nodeName === "BUTTON");
    const button = buttons.find((one) => walk(one).some(({ nodeValue }) => nodeValue === text));
    if (!button) throw new Error(`the overlay has no button ${text}`);
    const { left, top, right, bottom } = await this.box(button);
    await this.tab.mouse.click((left + right) / 2, (top + bottom) / 2);
  }

  /** Chooses an entry of the list with this label. */
  async choose(label: string, value: string): Promise<void> {
    const list = (await this.nodes()).find((node) => attribute(node, "aria-label") === label);
    if (!list) throw new Error(`the overlay has no list ${label}`);
    const { object } = await this.debug.send("DOM.resolveNode", { nodeId: list.nodeId });
    const functionDeclaration = "function (value) { this.value = value; this.dispatchEvent(new Event('change')); }";
    await this.debug.send("Runtime.callFunctionOn", { objectId: object.objectId ?? "", functionDeclaration, arguments: [{ value }] });
  }

  private async nodes(): Promise<Node[]> {
    const { root } = (await this.debug.send("DOM.getDocument", { depth: -1, pierce: true })) as { root: Node };
    const host = walk(root).find((node) => attribute(node, "popover") === "manual" && node.shadowRoots);
    return host ? walk(host) : [];
  }

  private async box({ nodeId }: Node): Promise<Rectangle> {
    const { model } = await this.debug.send("DOM.getBoxModel", { nodeId });
    const [left = 0, top = 0, , , right = 0, bottom = 0] = model.border;
    return { left, top, right, bottom };
  }
}
