// What an opted-out visitor gets instead of the script: the same object, doing nothing.

(window as never as { isotherm: unknown }).isotherm = {
  optOut() {},
  // Takes back an opt-out kept in the page's own storage; the service's cookie is taken back on its opt-out page.
  optIn() {
    try {
      localStorage.removeItem("isotherm_optout");
    } catch {}
  },
  status: () => ({ active: false, reason: "opted_out" }),
  start() {},
  convert() {},
  ignore() {},
};
