// Behaviour of the example shop: menu, filters, gallery, tabs, modal, forms. Nothing is stored and nothing is sent.
"use strict";

/** @param {string} selector @returns {HTMLElement[]} */
const all = (selector) => Array.from(document.querySelectorAll(selector));

/** A number with minus and plus, in an open shadow root, as many shops have one from a component library. */
class Stepper extends HTMLElement {
  constructor() {
    super();
    this.value = 1;
    const root = this.attachShadow({ mode: "open" });
    root.innerHTML = `<style>
      :host { display: inline-flex; height: 48px; width: 132px; border: 1px solid var(--line); border-radius: 999px; overflow: hidden; background: var(--card); }
      button { width: 44px; border: 0; background: none; color: var(--ink); font: 20px/1 Arial, sans-serif; cursor: pointer; }
      button:hover { background: var(--mist); }
      button:focus-visible { outline: 2px solid var(--clay); outline-offset: -4px; border-radius: 999px; }
      output { width: 44px; line-height: 46px; text-align: center; font: 16px/46px Arial, sans-serif; }
    </style><button id="less" type="button" aria-label="One less">−</button><output>1</output><button id="more" type="button" aria-label="One more">+</button>`;
    root.getElementById("less").addEventListener("click", () => this.change(-1));
    root.getElementById("more").addEventListener("click", () => this.change(1));
  }

  /** @param {number} by */
  change(by) {
    this.value = Math.min(9, Math.max(1, this.value + by));
    this.shadowRoot.querySelector("output").textContent = String(this.value);
  }
}
customElements.define("tm-stepper", Stepper);

/** Says something for three seconds at the bottom of the window. @param {string} text */
function toast(text) {
  document.querySelector(".toast")?.remove();
  const box = document.createElement("div");
  box.className = "toast";
  box.setAttribute("role", "status");
  box.textContent = text;
  document.body.append(box);
  setTimeout(() => box.remove(), 3000);
}

const menuButton = document.getElementById("menu-button");
menuButton?.addEventListener("click", () => {
  const open = document.getElementById("menu").classList.toggle("open");
  menuButton.setAttribute("aria-expanded", String(open));
});

for (const link of all(".menu a")) {
  const path = new URL(link.href).pathname;
  if (path === location.pathname || (path !== "/" && location.pathname.startsWith(`${path}/`))) link.classList.add("here");
}

const chips = all(".chip");
const KINDS = { teapot: "clay", cup: "clay", bowl: "clay", tray: "wood", tin: "clay", kettle: "iron", spoon: "wood", vase: "clay" };
for (const chip of chips) {
  chip.addEventListener("click", () => {
    for (const other of chips) other.classList.toggle("on", other === chip);
    for (const card of all("#grid .card")) {
      const kind = KINDS[card.dataset.isotherm.slice("card-".length)];
      card.hidden = chip.dataset.kind !== "all" && chip.dataset.kind !== kind;
    }
  });
}

const thumbs = all(".thumb");
for (const thumb of thumbs) {
  thumb.addEventListener("click", () => {
    for (const other of thumbs) other.classList.toggle("on", other === thumb);
    document.querySelector("#gallery-main svg").setAttribute("viewBox", thumb.dataset.view);
  });
}

const tabs = all("[role=tab]");
for (const tab of tabs) {
  tab.addEventListener("click", () => {
    for (const other of tabs) {
      other.setAttribute("aria-selected", String(other === tab));
      document.getElementById(other.getAttribute("aria-controls")).hidden = other !== tab;
    }
  });
}

document.getElementById("buy")?.addEventListener("click", () => {
  const count = document.getElementById("basket-count");
  const amount = document.getElementById("amount")?.value ?? 1;
  count.textContent = String(Number(count.textContent) + amount);
  toast("In the basket. An example: nothing is ordered.");
});
for (const button of all("[data-isotherm=wish], #code-button, #answer-yes, #answer-no")) {
  button.addEventListener("click", () => toast("Noted. An example: nothing is sent."));
}

const dialog = document.getElementById("visit-dialog");
document.getElementById("open-visit")?.addEventListener("click", () => dialog.showModal());

for (const form of all("#letter, #order")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    toast("Thank you. An example: nothing was sent.");
  });
}
