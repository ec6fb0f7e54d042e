import assert from "node:assert/strict";
import { type Matrix, row, takeRows } from "../../data/matrix.js";
import type { Pretrained } from "../../models/pretrained.js";
import type { EmbedRequest, Trainer } from "../../trainer.js";
import { Skip, type SuiteCase } from "../suite.js";
import { sampleTask } from "../trainer-samples.js";
import { ifSupported, near } from "./assertions.js";
import type { Bench } from "./bench.js";

/** Vectors for inputs. */
export function embedCases({ test, options }: Bench): SuiteCase[] {
  const { dataset } = sampleTask.test;

  async function pretrained(trainer: Trainer): Promise<Pretrained> {
    if (!(await trainer.capabilities()).embed) throw new Skip("capabilities.embed is false");
    if (!options.pretrained) throw new Skip("no pretrained model was named for this trainer");
    return options.pretrained;
  }
  const shared = { pooling: "mean", maxTokens: 64 } as const;

  return [
    test("embeds with the layers asked for", async (trainer) => {
      const request = { ...shared, model: await pretrained(trainer) };
      const both = await trainer.embed({ ...request, layers: [1, 0], rows: { dataset } });
      assert.equal(both.layers.length, 2, "one matrix a layer");
      const [one, zero] = both.layers as [Matrix, Matrix];
      assert.deepEqual(
        [one.rows, zero.rows, zero.columns],
        [dataset.inputs.length, dataset.inputs.length, one.columns],
        "rows x width",
      );
      const indices = Int32Array.of(2, 1);
      const some = await trainer.embed({ ...request, layers: [0], rows: { dataset, indices } });
      near(some.layers[0]!, takeRows(zero, indices), "layer 0 of some rows");
      assert.notDeepEqual(one, zero, "layers differ");
    }),
    test("embeds with all layers, and with the middle one", async (trainer) => {
      const rows = { dataset, indices: Int32Array.of(4, 0, 1) };
      const request = { ...shared, model: await pretrained(trainer), rows };
      const { layers } = await trainer.embed({ ...request, layers: "all" });
      const depth = layers.length - 1;
      assert.ok(depth >= 1, `"all" gives the embedding and the output of each block, found ${layers.length} matrices`);
      const ends = await trainer.embed({ ...request, layers: [0, depth] });
      near(layers[0]!, ends.layers[0]!, "the first of all layers is layer 0");
      near(layers[depth]!, ends.layers[1]!, `the last of all layers is layer ${depth}`);
      const middle = await trainer.embed({ ...request, layers: "middle" });
      assert.equal(middle.layers.length, 1, '"middle" gives one matrix');
      near(middle.layers[0]!, layers[Math.round(depth / 2)]!, `the middle of ${depth} blocks`);
    }),
    test("embeds with features", async (trainer) => {
      if (!(await trainer.capabilities()).embed) throw new Skip("capabilities.embed is false");
      const { features } = sampleTask.model;
      const embed = (rows: EmbedRequest["rows"]) => ifSupported(trainer.embed({ features, rows }));
      const { layers } = await embed({ dataset });
      assert.equal(layers.length, 1, "features give one matrix");
      assert.equal(layers[0]!.rows, dataset.inputs.length, "one row an input");
      const indices = Int32Array.of(3, 0, 3);
      const some = await embed({ dataset, indices });
      near(some.layers[0]!, takeRows(layers[0]!, indices), "rows with indices are these rows");
      assert.notDeepEqual(row(layers[0]!, 0), row(layers[0]!, 1), "different texts have different vectors");
    }),
  ];
}
