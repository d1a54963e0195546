// The script of a tag. A second copy of it does nothing. (`window.isotherm` may also be an element with that id.)

import { asked, isotherm, run } from "./boot";

const page = window as { isotherm?: { status?: unknown } };
if (!page.isotherm?.status) {
  page.isotherm = isotherm;
  asked();
  run();
}
