import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { basename, join } from "node:path";
import { packagePath } from "../../src/package-root.js";
import { must, run } from "./command.js";

export interface Packed {
  /** The folder in which it was built: `dist/` and everything else that ships. */
  readonly folder: string;
  readonly tarball: string;
  /** What the tarball holds. */
  readonly files: readonly string[];
}

/** Builds and packs the package in `into`, as `npm publish` would, and leaves the checkout's own `dist/` alone. */
export async function pack(into: string): Promise<Packed> {
  const folder = join(into, "package-under-test");
  mkdirSync(folder, { recursive: true });
  const { files } = JSON.parse(readFileSync(packagePath("package.json"), "utf8")) as { files: string[] };
  const shipped = files.filter((name) => !name.startsWith("!") && name !== "dist");
  const needed = ["package.json", "README.md", "LICENSE", "tsconfig.json", "tsconfig.build.json", "tsup.config.ts"];
  for (const name of [...shipped, ...needed]) {
    if (!existsSync(packagePath(name))) continue;
    cpSync(packagePath(name), join(folder, name), {
      recursive: true,
      filter: (path) => !["__pycache__", ".pytest_cache", ".ruff_cache"].includes(basename(path)),
    });
  }
  symlinkSync(packagePath("node_modules"), join(folder, "node_modules"), "dir");
  await must(run("npm", ["run", "--silent", "build"], { cwd: folder }));
  const npmPack = run("npm", ["pack", "--ignore-scripts", "--loglevel=error", "--json", "--pack-destination", into], {
    cwd: folder,
  });
  const output = await must(npmPack);
  const tarball = readdirSync(into).find((name) => name.endsWith(".tgz"));
  if (!tarball) throw new Error(`npm pack made no tarball: ${output}`);
  const listing = await must(run("tar", ["-tzf", join(into, tarball)]));
  const names = listing.trim().split("\n");
  return { folder, tarball: join(into, tarball), files: names.map((name) => name.replace(/^package\//, "")) };
}
