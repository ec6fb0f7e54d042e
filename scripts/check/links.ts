import { existsSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { packagePath } from "../../src/package-root.js";
import { markdownFiles, readMarkdown } from "../lib/markdown.js";

/** Every relative link and image in every page leads to a file, and where it names a heading, to that heading. */
export async function checkLinks(): Promise<{ remark: string }> {
  const problems: string[] = [];
  let count = 0;
  for (const file of markdownFiles()) {
    const text = withoutCode(readMarkdown(file));
    for (const [, target = ""] of text.matchAll(/\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|(?:src|href)="([^"]+)"/g)) {
      if (!target || /^[a-z][a-z0-9+.-]*:/i.test(target)) continue;
      count++;
      const [path = "", anchor] = target.split("#");
      const full = path === "" ? packagePath(file) : join(packagePath(dirname(file)), decodeURI(path));
      if (relative(packagePath(), full).startsWith(".."))
        problems.push(`${file}: ${target} leads out of the repository`);
      else if (!existsSync(full)) problems.push(`${file}: ${target} does not exist`);
      else if (
        anchor &&
        statSync(full).isFile() &&
        full.endsWith(".md") &&
        !headings(relative(packagePath(), full)).has(anchor)
      ) {
        problems.push(`${file}: ${target}: no such heading`);
      }
    }
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return { remark: `${count} links` };
}

function withoutCode(text: string): string {
  return text.replace(/^```[\s\S]*?^```/gm, "").replace(/`[^`\n]*`/g, "");
}

/** The anchors that a page's headings get. */
function headings(file: string): ReadonlySet<string> {
  const text = readMarkdown(file).replace(/^```[\s\S]*?^```/gm, "");
  const found = new Set<string>();
  for (const [, title = ""] of text.matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const slug = title
      .toLowerCase()
      .replace(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .replace(/\s/g, "-");
    let name = slug;
    for (let n = 1; found.has(name); n++) name = `${slug}-${n}`;
    found.add(name);
  }
  return found;
}
