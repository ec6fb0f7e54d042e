import type { Markish, PlotOptions } from "@observablehq/plot";
import { Markup } from "./markup.js";
import { light } from "./palette.js";

export type Plot = typeof import("@observablehq/plot");

/** A drawn part of a picture: an `<svg>` element to be put into it. */
export interface Drawn {
  readonly height: number;
  at(x: number, y: number): Markup;
}

/** What pictures are drawn with. */
export interface Drawing {
  readonly Plot: Plot;
  readonly document: PlotOptions["document"];
  drawn(svg: ReturnType<Plot["plot"]>, height: number): Drawn;
  /** Names with their signs, one after the other, in as many rows as it takes. A sign is 24 pixels wide. */
  legend<E extends { readonly text: string }>(
    entries: readonly E[],
    width: number,
    sign: (entry: E & Place) => Markish[],
  ): Drawn;
}

/** Where an entry of a legend begins, in pixels. */
interface Place {
  readonly x: number;
  readonly y: number;
}

export const FONT = 13;
/** Pixels that a letter is taken for: a little more than it has, since fonts differ. */
export const LETTER = 7.2;

/** Loads the plotting library, which nobody needs who draws no picture. */
export async function loadDrawing(): Promise<Drawing> {
  const [Plot, { DOMParser }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const document = new DOMParser().parseFromString("<svg/>", "image/svg+xml");

  function drawn(svg: ReturnType<Plot["plot"]>, height: number): Drawn {
    svg.setAttribute("font-size", String(FONT));
    svg.querySelector("style")?.remove();
    // The picture is one image to a screen reader, described as a whole; labels on its groups would not be allowed.
    for (const group of svg.querySelectorAll("[aria-label]")) group.removeAttribute("aria-label");
    return {
      height,
      at(x, y) {
        svg.setAttribute("x", String(x));
        svg.setAttribute("y", String(y));
        return new Markup(svg.outerHTML);
      },
    };
  }

  return {
    Plot,
    document,
    drawn,
    legend(entries, width, sign) {
      const places = inRows(entries, width);
      const height = (places.at(-1)?.y ?? 0) + 10;
      const svg = Plot.plot({
        document,
        className: "w2s-panel",
        width,
        height,
        margin: 0,
        x: { type: "identity", axis: null },
        y: { type: "identity", axis: null },
        marks: [
          ...places.flatMap(sign),
          Plot.text(places, {
            x: (entry) => entry.x + 30,
            y: "y",
            text: "text",
            textAnchor: "start",
            fill: light.ink,
            className: "w2s-ink",
          }),
        ],
      });
      return drawn(svg, height);
    },
  };
}

function inRows<E extends { readonly text: string }>(entries: readonly E[], width: number): (E & Place)[] {
  let [x, y] = [0, 8];
  return entries.map((entry) => {
    const wide = 34 + entry.text.length * LETTER;
    if (x > 0 && x + wide > width) [x, y] = [0, y + 20];
    const here = { ...entry, x, y };
    x += wide + 10;
    return here;
  });
}
