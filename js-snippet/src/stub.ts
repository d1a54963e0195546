// What a visitor who said no gets instead of the script: the same object, doing nothing.

(window as never as { isotherm: unknown }).isotherm = {
  optOut() {},
  // Takes back an opt-out kept in the page's own storage; the service's cookie is taken back on its opt-out page.
  optIn() {
    try {
      delete localStorage.isotherm_optout;
    } catch {}
  },
  status: () => ({ active: false, reason: "opted_out" }),
  start() {},
  convert() {},
  ignore() {},
};

// An analyst whose own browser says no sees heat all the same, and a visitor why nothing is sent. Neither measures anything.
const [, what, grant] = location.hash.split(/#isotherm-(heat=|inspect$)/);
if (what) import(new URL(`/isotherm-${grant ? "overlay" : "inspect"}.js`, (document.currentScript as HTMLScriptElement).src) as never);
