/** Colours of the page and the pictures. Text has a contrast of at least 4.5 to 1, lines that carry meaning 3 to 1. */
export interface Palette {
  readonly paper: string;
  readonly ink: string;
  readonly muted: string;
  /** Hairlines that carry no meaning. */
  readonly rule: string;
  readonly accent: string;
  /** Behind code and notes. */
  readonly tint: string;
}

export const light: Palette = {
  paper: "#ffffff",
  ink: "#1b1f23",
  muted: "#59616a",
  rule: "#e1e4e8",
  accent: "#0b5a9a",
  tint: "#f4f5f7",
};

export const dark: Palette = {
  paper: "#15181b",
  ink: "#e7eaed",
  muted: "#a4adb6",
  rule: "#2f353b",
  accent: "#82bcf7",
  tint: "#1e2226",
};
