import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const server = process.env.GROUPCHAT_URL ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "/console/",
  plugins: [react()],
  build: {
    outDir: "../src/groupchat/console",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2023",
  },
  server: { port: 5173, strictPort: true, proxy: { "/v1": server, "/openapi.json": server } },
});
