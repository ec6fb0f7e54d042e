import type { ExperimentRecord } from "../experiment/record.js";
import { Markup, markup } from "./markup.js";
import { style } from "./style.js";
import { count, duration, plain, sentence } from "./text.js";

const none = markup``;

/** What one report's page has of its own. */
export interface Page {
  /** Of the window. */
  readonly title: string;
  readonly heading: Markup;
  /** A line under the heading. */
  readonly what: Markup;
  readonly lead: string;
  readonly alert: Markup;
  readonly picture: { readonly wide: string; readonly narrow: string; readonly caption: Markup };
  readonly content: Markup;
  /** Who made it, from what. */
  readonly maker: Markup;
}

/** A page that needs nothing else: no script, no font, no network. */
export function htmlPage({ title, heading, what, lead, alert, picture, content, maker }: Page): string {
  return markup`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${new Markup(style)}</style>
</head>
<body>
<header>
<h1>${heading}</h1>
<p class="what">${what}</p>
</header>
<main>
<p class="lead">${withCode(lead)}</p>
${alert}
<figure>
<div class="wide">${new Markup(picture.wide)}</div>
<div class="narrow">${new Markup(picture.narrow)}</div>
<figcaption>${picture.caption}</figcaption>
</figure>
${content}
</main>
<footer>Made by ${maker}. PGR is defined in Burns et al. 2023, “Weak-to-strong generalization”, section 3; its interval is Fieller’s.</footer>
</body>
</html>
`.text;
}

/** A part of the page under a heading of its own. */
export function section(id: string, title: string, content: Markup): Markup {
  return markup`<section>
<h2 id="${id}">${title}</h2>
${content}
</section>`;
}

/** What a reader has to know before the numbers; nothing where there is nothing. */
export function alertBox(failures: readonly Markup[], warnings: readonly string[]): Markup {
  const items = [
    ...failures.map((failure) => markup`<li>${failure}</li>\n`),
    ...warnings.map((warning) => markup`<li>${sentence(warning)}</li>\n`),
  ];
  if (items.length === 0) return none;
  return markup`<section class="alert" aria-labelledby="alert">
<h2 id="alert">${failures.length > 0 ? "Failures and warnings" : "Warnings"}</h2>
<ul>
${items}</ul>
</section>`;
}

/** Numbered remarks that tables point to as `#note-1`. */
export function noteList(texts: readonly string[]): Markup {
  if (texts.length === 0) return none;
  const items = texts.map((text, i) => markup`<li id="note-${i + 1}">${text}</li>\n`);
  return markup`<h3>Notes</h3>
<ol>
${items}</ol>`;
}

/** What the intervals take as given. */
export function conditionList(conditions: readonly string[]): Markup {
  if (conditions.length === 0) return none;
  return markup`<p>What the intervals take as given:</p>\n<ul>\n${conditions.map((condition) => markup`<li>${sentence(condition)}</li>\n`)}</ul>`;
}

/** Terms, each with its fact. */
export function facts(entries: readonly (readonly [string, string | Markup])[]): Markup {
  return markup`<dl class="facts">
${entries.map(([term, fact]) => markup`<dt>${term}</dt>\n<dd>${fact}</dd>\n`)}</dl>`;
}

/** What was spent. */
export function costFacts({ cost, seconds }: Pick<ExperimentRecord, "cost" | "seconds">): Markup {
  return facts([
    ["Device time", duration(cost.seconds)],
    ["From start to end", duration(seconds)],
    ["Fits", `${count(cost.fits)}${cost.cachedFits === 0 ? "" : `, ${count(cost.cachedFits)} of them from the cache`}`],
    ["Tokens", `${count(cost.tokens)} through a transformer`],
  ]);
}

/** Words behind others, set smaller. */
export function aside(text: string): Markup {
  return text === "" ? none : markup` <span class="aside">${text}</span>`;
}

/** A moment in UTC, as a person writes it. */
export function time(iso: string): Markup {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return markup`${plain(iso)}`;
  const options = { dateStyle: "long", timeStyle: "short", timeZone: "UTC" } as const;
  return markup`<time datetime="${date.toISOString()}">${new Intl.DateTimeFormat("en-GB", options).format(date)} UTC</time>`;
}

/** Names that a sentence has in backticks, set as code. */
export function withCode(text: string): Markup {
  return markup`${text.split("`").map((part, i) => (i % 2 === 1 ? markup`<code><bdi>${part}</bdi></code>` : part))}`;
}

/** Text with its line breaks, otherwise made harmless. */
export function plainLines(text: string): string {
  return text
    .split(/\r?\n/)
    .map((line) => plain(`.${line}`).slice(1))
    .join("\n");
}
