// Builds the overlay into one classic script, as pages load it: no module, no second file, nothing global.
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: false,
    reportCompressedSize: false,
    lib: { entry: "src/overlay/main.ts", formats: ["iife"], name: "isothermOverlay", fileName: () => "isotherm-overlay.js" },
  },
});
