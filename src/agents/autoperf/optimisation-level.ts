import type { GraphOptimisation, OperationIo, Precision, ServingPlan } from '../../schema/index.js';
import { graphOptimisations } from '../../schema/index.js';
import { median } from '../../stats/index.js';
import { inTurns, ratiosOf } from './in-turns.js';
import type { PlanBench } from './plan-serving.js';

const ROUNDS = 5;

/**
 * How far ONNX Runtime should rewrite a graph, for each precision: what takes less processor time than the usual level in every one of the
 * rounds, and of those the least; else the usual one. It changes neither answers (beyond rounding) nor memory, so that time alone decides.
 * @param usual first of the levels, and what is served without a plan
 */
export async function optimisationLevels(
  bench: Pick<PlanBench, 'time' | 'release'>,
  reference: ServingPlan,
  precisions: readonly Precision[],
  io: Pick<OperationIo, 'onProgress'>,
): Promise<ReadonlyMap<Precision, GraphOptimisation>> {
  const levels = new Map<Precision, GraphOptimisation>();
  for (const [done, precision] of precisions.entries()) {
    io.onProgress({ kind: 'phase', name: 'Compare graph optimisation', done, total: precisions.length });
    const plans = graphOptimisations.map((optimisation) => ({ ...reference, precision, optimisation }));
    const turns = await inTurns(plans, ROUNDS, async (plan, round) => bench.time(plan, round, ROUNDS));
    await bench.release();
    levels.set(precision, leastBusy(turns.map((rounds) => rounds.map(({ cpuMs }) => cpuMs))));
  }
  return levels;
}

/** @param cpuMs [level][round] */
function leastBusy([usual, ...others]: readonly (readonly number[])[]): GraphOptimisation {
  let best: { readonly level: GraphOptimisation; readonly ratio: number } = {
    level: graphOptimisations[0],
    ratio: 1,
  };
  for (const [n, rounds] of others.entries()) {
    const ratios = ratiosOf(rounds, usual);
    const ratio = median(ratios);
    if (ratios.every((one) => one < 1) && ratio < best.ratio)
      best = { level: graphOptimisations[n + 1], ratio };
  }
  return best.level;
}
