import { WeakToStrongError } from "../errors.js";
import { hiddenStates } from "../models/features.js";
import { linear } from "../models/linear.js";
import type { ModelSpec } from "../models/model.js";
import type { Pretrained } from "../models/pretrained.js";
import type { Capabilities, Checkpoint, FitRequest, FitResult, Trainer } from "../trainer.js";
import { type Calling, defineTrainer } from "./define.js";
import { isDeath, type Member, Members } from "./members.js";

/**
 * One trainer of several, local and remote: a call goes to the member with the most free capacity
 * (`capabilities().parallel`), and to another one where that one dies. What concerns a checkpoint (`predict`, `from`)
 * goes to the member that made it.
 *
 * `fingerprint(model)` is that of the first member that can do the model, for as long as the pool lives, and only
 * members that say the same share its work: a request has the same answer wherever it goes. The others sit out for that
 * model, which a `warning` event tells once. `capabilities()` has the losses and calls that all members have.
 *
 * The members stay their makers' to dispose. Errors: those of the members; `worker_died` where all that could do it did.
 */
export function pool(trainers: readonly Trainer[]): Trainer {
  if (!Array.isArray(trainers) || trainers.length === 0 || new Set(trainers).size < trainers.length) {
    throw new WeakToStrongError(
      "bad_input",
      `pool(trainers): expected a list of at least one trainer, each once, found ${Array.isArray(trainers) ? (trainers.length === 0 ? "an empty list" : "one of them twice") : typeof trainers}.`,
    );
  }
  const members = new Members(trainers);

  /** Does `work` on one of those that share the work on `model`, and on the next one where that one dies. */
  async function anywhere<T>(model: ModelSpec, calling: Calling, work: (member: Member) => Promise<T>): Promise<T> {
    const sharing = await members.sharing(model, calling);
    for (const message of sharing.warnings.filter((warning) => members.isNews(warning))) {
      calling.emit({ type: "warning", message });
    }
    let left = sharing.members;
    for (;;) {
      let chosen: Member | undefined;
      try {
        return await members.run(left, calling, (member) => {
          chosen = member;
          return work(member);
        });
      } catch (error) {
        left = left.filter((member) => member.trainer !== chosen?.trainer);
        if (!isDeath(error) || left.length === 0) throw error;
        const message = `The trainer ${chosen?.name} of the pool failed, and another one goes on: ${(error as Error).message}`;
        calling.emit({ type: "warning", message });
        if (chosen) members.isNews(members.absence(chosen)); // has just been said
      }
    }
  }

  /** Does `work` where the checkpoint is; all are asked where it is not known who made it. */
  async function at<T>({ id }: Checkpoint, calling: Calling, work: (member: Member) => Promise<T>): Promise<T> {
    await members.capabilities(calling);
    let died: unknown;
    let missing: unknown;
    for (const holder of members.holders(id)) {
      try {
        const answer = await members.run([holder], calling, work);
        members.made(id, holder);
        return answer;
      } catch (error) {
        if (isDeath(error)) died ??= error;
        else if (WeakToStrongError.isInstance(error) && error.code === "not_found") missing ??= error;
        else throw error;
      }
    }
    throw died ?? missing;
  }

  /** Beside the announced fingerprint stands the one that the fit really had, where it is another. */
  async function fit(member: Member, request: FitRequest, calling: Calling): Promise<FitResult> {
    const result = await member.trainer.fit(request, calling);
    members.made(result.checkpoint.id, member);
    const announced = members.announced(request.model);
    if (result.fingerprint !== undefined) {
      if (result.fingerprint !== announced) members.forget(member, request.model);
      return result;
    }
    // Whoever has the checkpoint to go on from may work under another fingerprint than the pool.
    if (!request.from) return result;
    const own = await members.fingerprint(member, request.model, calling);
    return own === undefined || own === announced ? result : { ...result, fingerprint: own };
  }

  return defineTrainer({
    name: "pool",
    capabilities: async (calling) => together(await members.capabilities(calling)),
    fingerprint: async (model, calling) => (await members.sharing(model, calling)).fingerprint,
    fit: (request, calling) =>
      request.from
        ? at(request.from, calling, (member) => fit(member, request, calling))
        : anywhere(request.model, calling, (member) => fit(member, request, calling)),
    predict: (request, calling) => at(request.checkpoint, calling, ({ trainer }) => trainer.predict(request, calling)),
    embed: (request, calling) => {
      const model = "features" in request ? linear(request.features) : frozen(request.model);
      return anywhere(model, calling, ({ trainer }) => trainer.embed(request, calling));
    },
    score: (request, calling) =>
      anywhere(frozen(request.model), calling, ({ trainer }) => trainer.score(request, calling)),
  });
}

/** A model whose fingerprint covers what a pretrained one answers as it is. */
function frozen(model: Pretrained): ModelSpec {
  return linear(hiddenStates(model, { layer: 0 }));
}

function together(all: readonly Capabilities[]): Capabilities {
  const common = <T>(lists: readonly (readonly T[])[]): readonly T[] =>
    lists[0]!.filter((entry) => lists.every((list) => list.includes(entry)));
  return {
    tasks: common(all.map(({ tasks }) => tasks)),
    models: [...new Set(all.flatMap(({ models }) => models))],
    losses: common(all.map(({ losses }) => losses)),
    predict: all.every(({ predict }) => predict),
    embed: all.every(({ embed }) => embed),
    score: all.every(({ score }) => score),
    warmStart: all.every(({ warmStart }) => warmStart),
    devices: all.flatMap(({ devices }) => devices),
    parallel: all.reduce((sum, { parallel }) => sum + parallel, 0),
  };
}
