// One training, scored at every rung.
import { candidateOf, fieldsOf, hyperParametersOf } from '../../dist/agents/trial/candidate-space.js';
import { validationTruth } from '../../dist/agents/trial/validation-truth.js';
import { scoreboardOf } from '../../dist/agents/evaluation/scoring.js';
import { modelById, spaceOf } from '../../dist/models/index.js';
import { hashKeys, isAutoModelError } from '../../dist/platform/index.js';
import { complete } from '../../dist/space/index.js';
import { resolveRecipe, train } from '../../dist/training/index.js';
import { drawSeed, evaluationsPerEpoch, maxEpochs, rungs } from './plan.mjs';

/** The two halves of the validation users, as evolve divides them: search scores, gate scores. */
export const truthsOf = (dataset) => ({
  search: validationTruth(dataset, 'search'),
  gate: validationTruth(dataset, 'gate'),
});

const rounded = (value) => Number(value.toFixed(5));

/**
 * AUC after each rung: that of the weights which were best on the search half so far, since those are what a run keeps.
 * @returns one line of a table: {c, s, search: [rungs], gate: [rungs], seconds: CPU time}, or with `fault` instead of scores
 */
export async function measure({ dataset, truths, configuration, c, s }) {
  const candidate = candidateOf(configuration);
  const { definition } = modelById(candidate.model, 'ctr');
  const evaluations = maxEpochs * evaluationsPerEpoch;
  const best = [];
  const auc = (truth, scores) => scoreboardOf(truth, scores, ['auc']).auc.value;
  const begun = process.cpuUsage();
  const seconds = () => {
    const { user, system } = process.cpuUsage(begun);
    return Number(((user + system) / 1e6).toFixed(2));
  };
  try {
    const fitted = await train({
      definition,
      hyperParameters: complete(
        spaceOf({ kind: 'graph', definition }),
        hyperParametersOf(candidate.assignment),
      ),
      recipe: resolveRecipe('ctr', {
        ...definition.recipe,
        ...candidate.assignment,
        'recipe.maxEpochs': maxEpochs,
        'recipe.evaluationsPerEpoch': evaluationsPerEpoch,
      }),
      dataset,
      fields: fieldsOf(dataset, candidate.assignment),
      seed: hashKeys(drawSeed, 'training', s) >>> 1,
      threads: 1,
      evaluate(scores) {
        const now = { search: auc(truths.search, scores), gate: auc(truths.gate, scores) };
        const before = best.at(-1);
        best.push(before !== undefined && before.search >= now.search ? before : now);
        return now.search;
      },
    });
    await fitted.close();
  } catch (error) {
    if (!isAutoModelError(error)) throw error;
    return { c, s, fault: error.code, seconds: seconds() };
  }
  // An early stop leaves what it had.
  const at = (share) => best[Math.min(best.length, Math.round(share * evaluations)) - 1];
  return {
    c,
    s,
    search: rungs.map((share) => rounded(at(share).search)),
    gate: rungs.map((share) => rounded(at(share).gate)),
    seconds: seconds(),
  };
}
