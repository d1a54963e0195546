// Builds the dashboard into a few files with fixed names, which the binary embeds. Nothing is loaded from elsewhere, no
// script or style stands in the page itself, so that the strictest content policy holds.
import { defineConfig } from "vite";

export default defineConfig({
  base: "/",
  build: {
    target: "es2022",
    outDir: "dist",
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rollupOptions: {
      output: {
        entryFileNames: "dashboard.js",
        chunkFileNames: "dashboard-[name].js",
        assetFileNames: "dashboard[extname]",
      },
    },
  },
  server: {
    // While developing: pages from here, answers from a running `isotherm demo`.
    proxy: { "/api": "http://127.0.0.1:8080", "/privacy": "http://127.0.0.1:8080" },
  },
});
