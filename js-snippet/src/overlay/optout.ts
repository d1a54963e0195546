// For privacy pages of sites whose visitors block the script: keeps the opt-out by itself, without a request.
//   <a href="#isotherm-optout">Do not count me</a> <button data-isotherm-optin>Count me again</button>
// The whole file may be pasted into the page; it needs nothing else of Isotherm.

const FLAG = "isotherm_optout";

function say(): void {
  let out = false;
  try {
    out = localStorage.getItem(FLAG) === "1";
  } catch {}
  // The page's own texts stay; what is said stands beside them for everybody, also for screen readers.
  for (const link of document.querySelectorAll('a[href="#isotherm-optout"]')) link.setAttribute("aria-current", String(out));
  for (const button of document.querySelectorAll<HTMLElement>("[data-isotherm-optin]")) button.hidden = !out;
}

function keep(change: () => void): void {
  try {
    change();
  } catch {}
  say();
}

function asked(): void {
  if (location.hash === "#isotherm-optout") keep(() => localStorage.setItem(FLAG, "1"));
  else say();
}

addEventListener("hashchange", asked);
// The links may stand below this script.
addEventListener("DOMContentLoaded", say);
// Opting in again takes the visitor's own click on this page: no link, form or frame of another site can do it.
addEventListener("click", (event) => {
  const button = (event.target as Element).closest?.("[data-isotherm-optin]");
  if (event.isTrusted && button) keep(() => localStorage.removeItem(FLAG));
});
asked();
