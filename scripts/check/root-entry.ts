import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";

const limitKB = 60;
const forbidden =
  /^(node:)?child_process$|node_modules\/(@anthropic-ai\/sdk|pg|dockerode|@observablehq\/plot|linkedom)\//;

/**
 * What `import "weak-to-strong"` loads at once: its size with dependencies bundled (minified, gzip), and that no heavy
 * library and no child process is among it. What is imported on demand does not count.
 */
export async function checkRootEntry(folder: string): Promise<{ remark: string }> {
  const result = await build({
    entryPoints: [join(folder, "dist/index.js")],
    bundle: true,
    splitting: true,
    minify: true,
    format: "esm",
    platform: "node",
    target: "node24",
    outdir: join(folder, "root-entry"),
    write: false,
    metafile: true,
    absWorkingDir: folder,
    logLevel: "silent",
  });
  const { outputs } = result.metafile;
  const entry = Object.keys(outputs).find((name) => outputs[name]?.entryPoint?.endsWith("dist/index.js"));
  if (!entry) throw new Error("esbuild made no bundle of dist/index.js");

  const loaded = new Set<string>();
  const problems: string[] = [];
  const visit = (name: string): void => {
    if (loaded.has(name)) return;
    loaded.add(name);
    const output = outputs[name];
    for (const input of Object.keys(output?.inputs ?? {})) if (forbidden.test(input)) problems.push(input);
    for (const { path, kind, external } of output?.imports ?? []) {
      if (kind !== "import-statement" && kind !== "require-call") continue;
      if (!external) visit(path);
      else if (forbidden.test(path)) problems.push(path);
    }
  };
  visit(entry);
  if (problems.length > 0) {
    throw new Error(
      `The root entry loads what it must not:\n${[...new Set(problems)].join("\n")}\nImport it on demand, or in a subpath.`,
    );
  }
  const files = result.outputFiles.filter((file) => [...loaded].some((name) => file.path.endsWith(name)));
  const bytes = files.reduce((sum, file) => sum + gzipSync(file.contents).length, 0);
  const kb = bytes / 1024;
  if (kb > limitKB)
    throw new Error(`The root entry is ${kb.toFixed(1)} KB (minified, gzip); the limit is ${limitKB} KB.`);
  return { remark: `${kb.toFixed(1)} KB of ${limitKB}` };
}
