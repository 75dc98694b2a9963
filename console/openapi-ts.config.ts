import { defineConfig } from "@hey-api/openapi-ts";

export default defineConfig({
  input: "./build/openapi.json",
  output: { path: "src/api", postProcess: [] },
  plugins: ["@hey-api/client-fetch", "@hey-api/typescript", "@hey-api/sdk"],
});
