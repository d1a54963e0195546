// The panel folded to one line, for windows that have little room beside it.

/** In a window narrower than this the panel begins folded, px. */
const NARROW_PX = 640;

export class Fold {
  readonly button = Object.assign(document.createElement("button"), { type: "button", className: "fold" });
  /** Once it was folded or unfolded by hand, the window's width says nothing more. */
  #isChosen = false;

  constructor(
    readonly form: HTMLFormElement,
    changed: () => void,
  ) {
    this.button.addEventListener("click", () => {
      this.#isChosen = true;
      this.#set(!form.classList.contains("folded"));
      changed();
    });
  }

  /** For when the window has another width. */
  fit(): void {
    if (!this.#isChosen) this.#set(innerWidth < NARROW_PX);
  }

  #set(folded: boolean): void {
    this.form.classList.toggle("folded", folded);
    this.button.textContent = folded ? "More" : "Less";
    this.button.setAttribute("aria-expanded", String(!folded));
  }
}
