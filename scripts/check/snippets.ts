import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { packagePath } from "../../src/package-root.js";
import { must, tool } from "../lib/command.js";
import { codeBlocks, markdownFiles, readMarkdown } from "../lib/markdown.js";

/**
 * TypeScript blocks type-check as printed: all in the README, and elsewhere those that import from `weak-to-strong` and
 * so mean to stand alone.
 */
export async function checkSnippets(): Promise<{ remark: string }> {
  const folder = packagePath(".weak-to-strong", "snippets"); // inside the package, so that it can import itself by name
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  let count = 0;
  for (const file of markdownFiles()) {
    for (const { language, code, line } of codeBlocks(readMarkdown(file))) {
      if (!/^(ts|typescript)$/.test(language)) continue;
      if (file !== "README.md" && !/from "weak-to-strong/.test(code)) continue;
      // As many lines before it as in the page: an error then names the page's own line.
      const name = `${file.replaceAll(/[^\w.-]/g, "__")}-${line}.ts`;
      writeFileSync(join(folder, name), `${"\n".repeat(line - 1)}${code}\nexport {};\n`);
      count++;
    }
  }
  if (count === 0) return { remark: "no blocks" };
  const compilerOptions = { noUnusedLocals: false, noUnusedParameters: false, rootDir: packagePath() };
  writeFileSync(
    join(folder, "tsconfig.json"),
    JSON.stringify({ extends: packagePath("tsconfig.json"), compilerOptions, include: ["*.ts"] }),
  );
  await must(tool("tsc", ["-p", folder]));
  return { remark: `${count} blocks` };
}
