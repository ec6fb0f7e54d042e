import { clusters } from "./clusters.js";
import type { SurfaceFeature, SurfaceRows } from "./columns.js";
import { frequency } from "./frequency.js";
import { brightness } from "./image.js";
import { duplicates, length, position } from "./shape.js";
import { style } from "./style.js";

/** All surface features that apply to these rows, and last all of them together. */
export function surfaceFeatures(rows: SurfaceRows): readonly SurfaceFeature[] {
  const image = rows.inputs.some((input) => "image" in input);
  const written = image ? undefined : style(rows);
  const single = [
    position(rows),
    ...(written
      ? [frequency(rows), length(rows), duplicates(rows), written, clusters(written.columns)]
      : [brightness(rows)]),
  ];
  const together = {
    name: "all together",
    about: `${single.map(({ name }) => name).join(", ")}, in one model`,
    columns: single.flatMap(({ columns }) => columns),
  };
  return [...single, together];
}
