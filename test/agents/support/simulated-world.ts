import { canonicalJson, Rng } from '../../../src/platform/index.js';
import type { CtrDataset, TrialRequest } from '../../../src/schema/index.js';
import { contractOf, ctrData, sourceOf, type BlockRows } from './encoded-data.js';

/** Validation rows with a planted taste, and models that see some of it. */
export interface SimulatedWorld {
  readonly dataset: CtrDataset;
  /**
   * Raw validation predictions of a run: taste at some quality, a misjudgement that belongs to the configuration, and
   * luck that belongs to the seed.
   */
  predictions(request: Pick<TrialRequest, 'model' | 'assignment' | 'seed'>, quality: number): Float32Array;
}

export function simulatedWorld(seed: number, users = 120, task: 'ctr' | 'rating' = 'ctr'): SimulatedWorld {
  const rng = new Rng(['simulated-world', seed]);
  const taste: number[] = [];
  const blocks: BlockRows[] = [];
  // Two blocks, so that row numbers of the split are not those of a block.
  for (const [from, to] of [
    [0, users >> 1],
    [users >> 1, users],
  ]) {
    const of: number[] = [];
    const labels: number[] = [];
    for (let user = from; user < to; user += 1) {
      const level = 0.7 * rng.normal();
      for (let rows = 3 + rng.integer(3); rows > 0; rows -= 1) {
        const liked = level + rng.normal();
        taste.push(liked);
        of.push(user);
        const clicked = rng.next() < 1 / (1 + Math.exp(0.8 - liked)) ? 1 : 0;
        labels.push(task === 'ctr' ? clicked : liked);
      }
    }
    blocks.push({ users: of, labels });
  }
  const validation = sourceOf('validation', blocks);
  const contract = contractOf({
    hash: `world-${seed}`,
    task,
    rows: { train: 1000, validation: validation.rows, test: 0 },
  });
  const misjudged = new Map<string, Float64Array>();
  const predicted = new Map<string, Float32Array>();
  return {
    dataset: ctrData({ task, contract, validation, userCount: users }),
    predictions({ model, assignment, seed: runSeed }, quality) {
      const name = `${model} ${canonicalJson(assignment)}`;
      const runName = `${name} ${runSeed} ${quality}`;
      let values = predicted.get(runName);
      if (values !== undefined) return values;
      let blind = misjudged.get(name);
      if (blind === undefined) {
        const own = new Rng(['misjudged', seed, name]);
        blind = Float64Array.from(taste, () => 0.5 * own.normal());
        misjudged.set(name, blind);
      }
      const luck = new Rng(['luck', seed, name, runSeed]);
      const seen = quality * (1 + 0.05 * luck.normal());
      const fixed = blind;
      values = Float32Array.from(
        taste,
        (liked, row) => seen * liked + fixed[row] + 0.4 * (luck.next() - 0.5),
      );
      predicted.set(runName, values);
      return values;
    },
  };
}
