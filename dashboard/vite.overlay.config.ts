// Builds the overlay into one module, as the script of a page imports it: no second file, nothing global.
import { defineConfig } from "vite";

export default defineConfig({
  publicDir: false,
  build: {
    target: "es2022",
    outDir: "dist",
    emptyOutDir: false,
    reportCompressedSize: false,
    lib: { entry: "src/overlay/main.ts", formats: ["es"], fileName: () => "isotherm-overlay.js" },
    minify: true,
  },
});
