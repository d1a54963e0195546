// The script of a tag. A second copy of it does nothing. (`window.isotherm` may also be an element with that id.)

import { asked, isotherm, run } from "./boot";

declare global {
  interface Window {
    isotherm?: typeof isotherm;
  }
}

if (!window.isotherm?.status) {
  window.isotherm = isotherm;
  asked();
  run();
}
