import { defineConfig } from "vitest/config";

/** The API that `npm run dev` talks to: start one with `rushes up`. */
const api = process.env["RUSHES_API"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  // Addresses are relative, so that the page also works behind a path.
  base: "./",
  build: {
    outDir: "../api/static",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the page's policy allows no data: scripts or styles
    license: true,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  server: {
    proxy: {
      "/api": { target: api, ws: true },
      "/media": api,
    },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
});
