// The single-page part of the example shop: three views under /app, routed in the browser.
"use strict";

const TEAS = [
  ["black", "Black", 3], ["green", "Green", 2], ["white", "White", 4],
  ["smoky", "Smoky", 3], ["herb", "Herb", 5], ["oolong", "Oolong", 3],
];
const POTS = { black: "teapot", green: "bowl", white: "cup", smoky: "kettle", herb: "teapot", oolong: "cup" };
const NAMES = { teapot: "Moor Teapot", bowl: "Heath Bowl", cup: "Drift Cup", kettle: "Scree Kettle" };
const view = document.getElementById("view");

/** @param {string} pot */
const art = (pot) => `<svg viewBox="0 0 200 200" aria-hidden="true"><use href="#art-${pot}"/></svg>`;

function finder() {
  view.innerHTML = `<h2>What do you drink?</h2><div class="tea-grid">${TEAS.map(
    ([key, name]) => `<button type="button" class="tea" id="tea-${key}" data-tea="${key}"><span class="tea-dot ${key}"></span>${name}</button>`,
  ).join("")}</div><div class="answer" id="answer" data-isotherm="finder-answer"><span class="mini tint-teapot">${art("teapot")}</span><p>Choose a tea, and a pot appears.</p></div>`;
  for (const button of view.querySelectorAll(".tea")) {
    button.addEventListener("click", () => {
      const pot = POTS[button.dataset.tea];
      document.getElementById("answer").innerHTML = `<span class="mini tint-${pot}">${art(pot)}</span><p>Take the <a href="/product/${pot}" data-isotherm="finder-pot">${NAMES[pot]}</a>.</p>`;
    });
  }
}

function timer() {
  view.innerHTML = `<h2>Steeping timer</h2><div class="timer" data-isotherm="timer"><svg viewBox="0 0 200 200" class="dial" aria-hidden="true"><circle cx="100" cy="100" r="86" fill="none" stroke="var(--line)" stroke-width="14"/><circle id="arc" cx="100" cy="100" r="86" fill="none" stroke="var(--clay)" stroke-width="14" stroke-dasharray="540" stroke-dashoffset="180" transform="rotate(-90 100 100)" stroke-linecap="round"/></svg><output id="left">3:00</output></div>
  <div class="row center"><button type="button" class="button" id="timer-start">Start</button><button type="button" class="button ghost" id="timer-reset">Back to three</button></div>
  <div class="chips center" data-isotherm="timer-presets">${TEAS.slice(0, 4).map(([key, name, minutes]) => `<button type="button" class="chip" id="preset-${key}">${name} ${minutes}′</button>`).join("")}</div>`;
  const left = document.getElementById("left");
  for (const [key, , minutes] of TEAS.slice(0, 4)) {
    document.getElementById(`preset-${key}`).addEventListener("click", () => { left.textContent = `${minutes}:00`; });
  }
  document.getElementById("timer-start").addEventListener("click", (event) => { event.currentTarget.textContent = "Steeping"; });
  document.getElementById("timer-reset").addEventListener("click", () => { left.textContent = "3:00"; document.getElementById("timer-start").textContent = "Start"; });
}

function orders() {
  const rows = [["Spring", "Drift Cup, two", "48"], ["Winter", "Moor Teapot", "68"], ["Autumn", "Peat Tin", "28"], ["Summer", "Reed Spoon, three", "36"]];
  view.innerHTML = `<h2>Past orders</h2><div class="orders" data-isotherm="orders">${rows.map(
    ([when, what, price]) => `<div class="order"><span class="quiet">${when}</span><b>${what}</b><span>${price} marks</span><button type="button" class="link-button">Again</button></div>`,
  ).join("")}</div><p class="quiet small">Made up, like everything in this shop.</p>`;
}

const ROUTES = { "/app": finder, "/app/timer": timer, "/app/orders": orders };

function show() {
  (ROUTES[location.pathname] ?? finder)();
  for (const link of document.querySelectorAll("[data-route]")) {
    link.classList.toggle("here", new URL(link.href).pathname === location.pathname);
  }
}

document.getElementById("desk-nav").addEventListener("click", (event) => {
  const link = event.target.closest("a[data-route]");
  if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
  event.preventDefault();
  if (new URL(link.href).pathname === location.pathname) return;
  history.pushState(null, "", link.href);
  show();
});
addEventListener("popstate", show);
show();
