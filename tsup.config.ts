import { readFileSync } from "node:fs";
import { defineConfig } from "tsup";

const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as {
  exports: Record<string, string | { "w2s-source": string }>;
};

/** Every subpath of package.json's `exports`, the bin, and the scorer's own process: `dist/` mirrors `src/`. */
const entry = Object.values(exports)
  .flatMap((target) => (typeof target === "string" ? [] : [target["w2s-source"]]))
  .concat("src/bin.ts", "src/scorers/sealed/process.ts")
  .map((file) => [file.replace(/^(\.\/)?src\//, "").replace(/\.ts$/, ""), file]);

export default defineConfig({
  entry: Object.fromEntries(entry),
  format: "esm",
  target: "node24",
  platform: "node",
  splitting: true,
  removeNodeProtocol: false, // node:sqlite has no other name
  sourcemap: true,
  clean: true,
  dts: false, // tsc writes declarations with maps: tsconfig.build.json
  noExternal: ["zod"], // by namespace 29 KB and 10 ms, as a dependency 31 ms of every import
});
