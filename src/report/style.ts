import { dark, light, type Palette } from "./palette.js";

const variables = (palette: Palette) =>
  Object.entries(palette)
    .map(([name, value]) => `--${name}: ${value};`)
    .join(" ");

/** The style sheet of the HTML report: one column, both colour schemes, phones from 320 pixels, and paper. */
export const style = `
:root { color-scheme: light dark; ${variables(light)} }
@media screen and (prefers-color-scheme: dark) { :root { ${variables(dark)} } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; max-width: 59rem; padding: 3rem 1.5rem 4rem;
  background: var(--paper); color: var(--ink);
  font: 1rem/1.55 system-ui, sans-serif; overflow-wrap: break-word;
}
h1 { margin: 0; font-size: 1rem; font-weight: 600; }
h2 { margin: 3.25rem 0 .75rem; font-size: 1.2rem; line-height: 1.3; font-weight: 650; }
h3 { margin: 1.75rem 0 .5rem; font-size: 1rem; font-weight: 650; }
p, ul, ol, dl { margin: .75rem 0; }
p, li, dd { max-width: 44rem; }
li { margin: .35rem 0; }
ul, ol { padding-left: 1.4rem; }
a { color: var(--accent); text-underline-offset: .15em; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: 2px; }
code, pre { font-family: ui-monospace, monospace; font-size: .92em; }
code { overflow-wrap: anywhere; }
pre { margin: .75rem 0; padding: .9rem 1rem; background: var(--tint); border-radius: 4px; white-space: pre-wrap; overflow-wrap: anywhere; }
.what, .quiet { color: var(--muted); }
.what { margin: .15rem 0 0; }
.lead {
  margin: 1.75rem 0 0; max-width: 42rem;
  font: 1.5rem/1.45 ui-serif, Charter, Georgia, "Times New Roman", serif; text-wrap: balance;
}
.lead code { font-size: .84em; }
figure { margin: 2.5rem 0 0; }
figure svg { display: block; width: 100%; height: auto; }
figcaption { margin-top: .75rem; max-width: 44rem; font-size: .9rem; color: var(--muted); }
.wide { margin: 0 -.8rem; }
.narrow { display: none; max-width: 30rem; margin: 0 -1rem; }
.alert { margin: 2rem 0 0; padding: .1rem 1.1rem .35rem; border-left: 4px solid var(--ink); background: var(--tint); }
.alert h2 { margin-top: .75rem; font-size: 1rem; }
.alert ul { padding-left: 1.1rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; line-height: 1.4; }
.full { width: 100%; }
.text, .differs th:last-child { min-width: 9rem; text-align: left; white-space: normal; overflow-wrap: anywhere; }
caption { padding-bottom: .6rem; text-align: left; font-size: .9rem; color: var(--muted); }
th, td { padding: .5rem 0 .5rem 1.5rem; text-align: right; vertical-align: baseline; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child { padding-left: 0; text-align: left; white-space: normal; overflow-wrap: anywhere; }
thead th { vertical-align: bottom; font-size: .9rem; font-weight: 600; border-bottom: 1px solid var(--muted); }
tbody th { min-width: 6rem; font-weight: 400; }
.aside, .interval { font-size: .9rem; color: var(--muted); }
.aside { display: block; }
.value { font-weight: 600; }
.interval { display: inline-block; min-width: 8em; }
.facts { display: grid; grid-template-columns: 11rem minmax(0, 1fr); gap: .45rem 1.5rem; }
.facts dt { color: var(--muted); }
.facts dd { margin: 0; }
.facts .aside { margin-top: .1rem; overflow-wrap: anywhere; }
summary { padding: .35rem 0; cursor: pointer; }
footer { margin-top: 4rem; padding-top: 1rem; border-top: 1px solid var(--rule); font-size: .9rem; color: var(--muted); }
@media (max-width: 47rem) {
  body { padding: 1.75rem 1rem 3rem; }
  .lead { font-size: 1.25rem; margin-top: 1.25rem; }
  .wide { display: none; }
  .narrow { display: block; }
  figure { margin-top: 1.25rem; }
  h2 { margin-top: 2.5rem; }
  .facts { grid-template-columns: minmax(0, 1fr); gap: 0; }
  .facts dd { margin-bottom: .75rem; }
}
@media (max-width: 36rem) {
  th, td { padding-left: .75rem; }
  .interval { display: block; min-width: 0; font-size: .82rem; }
}
@media print {
  :root { --paper: #fff; --ink: #000; --muted: #444; --rule: #bbb; --accent: #000; --tint: #fff; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  .lead { font-size: 14pt; }
  h2, h3, caption, thead { break-after: avoid; }
  figure, tr, .alert { break-inside: avoid; }
  .wide { display: block; margin: 0; }
  .facts { grid-template-columns: 9rem minmax(0, 1fr); gap: .3rem 1.5rem; }
  .facts dd { margin: 0; break-inside: avoid; }
  .narrow { display: none; }
  .scroll { overflow: visible; }
  details::details-content { display: block; content-visibility: visible; }
  .alert, pre { border: 1px solid #444; }
}
`;
