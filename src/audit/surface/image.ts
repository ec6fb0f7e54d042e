import { bins, type SurfaceFeature, type SurfaceRows } from "./columns.js";

/** How bright an image is as a whole. */
export function brightness({ inputs }: SurfaceRows): SurfaceFeature {
  const means = Float64Array.from(inputs, (input) => {
    const pixels = "image" in input ? input.image.flat() : [];
    return pixels.reduce((sum, pixel) => sum + pixel, 0) / Math.max(1, pixels.length);
  });
  return { name: "brightness", about: "how bright the image is as a whole", columns: bins(means, 10) };
}
