import type { HuggingFaceModel } from "./huggingface.js";
import type { LinearModel } from "./linear.js";
import type { Pretrained } from "./pretrained.js";

/** A model that a trainer can be asked to fit: plain data. */
export type ModelSpec = LinearModel | HuggingFaceModel;

/** The pretrained transformer that a model stands on, if any. */
export function pretrainedOf(model: ModelSpec): Pretrained | undefined {
  if (model.type === "huggingface") return model.model;
  return model.features.type === "hidden-states" ? model.features.model : undefined;
}
