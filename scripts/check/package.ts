import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join, posix } from "node:path";
import { must, tool } from "../lib/command.js";
import type { Packed } from "../lib/pack.js";

/** What npm would publish: its shape, its types as a consumer resolves them, and what it holds. */
export async function checkPackage(packed: Packed): Promise<{ remark: string }> {
  await must(tool("publint", ["run", packed.tarball, "--strict"]));
  await must(tool("attw", [packed.tarball, "--profile", "esm-only"]));
  checkContents(packed.files);
  checkImports(packed);
  return { remark: `${packed.files.length} files` };
}

function checkContents(files: readonly string[]): void {
  const stray = files.filter((file) => /(^|\/)(tests?|__pycache__|\.\w+_cache)\/|\.pyc$|\.test\.ts$/.test(file));
  if (stray.length > 0) throw new Error(`The tarball holds what should not ship:\n${stray.join("\n")}`);
  const wanted = ["dist/index.js", "dist/index.d.ts", "dist/index.d.ts.map", "dist/bin.js", "src/index.ts", "LICENSE"];
  wanted.push("README.md", "CHANGELOG.md", "python/requirements/base.txt");
  const missing = wanted.filter((file) => !files.includes(file));
  if (!files.some((file) => file.startsWith("python/w2s_trainer/") && file.endsWith(".py")))
    missing.push("python/w2s_trainer");
  if (!files.some((file) => file.startsWith("data/"))) missing.push("data/");
  if (missing.length > 0) throw new Error(`The tarball lacks:\n${missing.join("\n")}`);
}

/** What users load may import what package.json declares, and nothing that only this repository has. */
function checkImports({ folder, files }: Packed): void {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const declared = new Set(Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies }));
  const entries = Object.values<string | { types: string; default: string }>(manifest.exports)
    .flatMap((target) => (typeof target === "string" ? [] : [target.types, target.default]))
    .concat(Object.values<string>(manifest.bin))
    .map((file) => file.replace(/^\.\//, ""));
  const problems: string[] = [];
  const seen = new Set<string>();
  const visit = (file: string): void => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const name of importsOf(readFileSync(join(folder, file), "utf8"))) {
      if (name.startsWith(".")) {
        const target = posix.join(posix.dirname(file), name);
        const wanted = file.endsWith(".d.ts") ? target.replace(/\.js$/, ".d.ts") : target;
        if (files.includes(wanted)) visit(wanted);
        else problems.push(`${file} imports ${name}, which is not in the tarball`);
        continue;
      }
      const root = name.split("/", name.startsWith("@") ? 2 : 1).join("/");
      if (name.startsWith("node:") || builtinModules.includes(name) || declared.has(root)) continue;
      problems.push(`${file} imports ${name}, which users do not get`);
    }
  };
  for (const entry of entries) visit(entry);
  if (problems.length > 0) throw new Error(problems.join("\n"));
}

function importsOf(text: string): readonly string[] {
  const pattern =
    /^\s*(?:import|export)\b[^;'"]*?from\s*["']([^"']+)["']|^import\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']/gm;
  return [...text.matchAll(pattern)].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? "");
}
