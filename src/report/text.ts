/** Minus is U+2212, which screen readers say and lines do not break after. */
const MINUS = "\u2212";

/** A number with a fixed number of decimals: `0.751`, `−0.31`. Never `−0.00`. */
export function decimal(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? text.replace("-", "") : text.replace("-", MINUS);
}

/** A share in percent: `86%`, `−9%`. */
export function percent(value: number, digits = 0): string {
  return `${decimal(value * 100, digits)}%`;
}

/** A whole number with thousands separated: `3,000`. */
export function count(value: number): string {
  return Math.round(value).toLocaleString("en");
}

/** `1 seed`, `5 seeds`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? "" : "s"}`;
}

/** Seconds as a person says them: `0.8 s`, `3 min 20 s`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 0.05) return seconds > 0 ? "<0.1 s" : "0 s";
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = whole < 3600 ? Math.floor(whole / 60) : Math.round(whole / 60);
  return minutes < 60 ? `${minutes} min ${whole % 60} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/**
 * Text from elsewhere made harmless for a terminal, SVG or HTML page: on one line, without control characters and
 * without marks that turn the direction of the text around. It still has to be escaped for its medium.
 */
export function plain(text: string): string {
  return text
    .toWellFormed()
    .replace(/[\t\r\n\u2028\u2029]+/g, " ")
    .replace(/[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufffe\uffff]/gu, "\ufffd")
    .trim();
}

/** Shortened in the middle, where names differ least, to at most `length` characters. */
export function shorten(text: string, length: number): string {
  const characters = [...text];
  if (characters.length <= length) return text;
  const head = Math.ceil((length - 1) / 2);
  return `${characters.slice(0, head).join("")}…${characters.slice(characters.length - (length - 1 - head)).join("")}`;
}

/** The text with a full stop at its end. */
export function stopped(text: string): string {
  const trimmed = plain(text);
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`;
}

/** The text as a sentence: a capital first, a full stop last. */
export function sentence(text: string): string {
  return stopped(text).replace(/^./u, (first) => first.toUpperCase());
}
