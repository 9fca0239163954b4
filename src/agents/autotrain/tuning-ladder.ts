import { Rng } from '../../platform/index.js';
import type { Assignment, Task } from '../../schema/index.js';
import { complete, defaults, sample } from '../../space/index.js';
import { spaceOf, type LibraryModel } from '../../models/index.js';
import { recipeSpaceFor, resolveRecipe } from '../../training/index.js';
import { hyperParametersOf } from '../trial/candidate-space.js';

/** Strengths that matter most on public sets, weak to strong; the recipe's default comes first. */
const l2Values = [1e-6, 1e-5, 1e-4, 1e-3, 1e-7] as const;
/** L2 of the dense weights, for models that keep all of theirs there. */
const decays = [1e-6, 1e-5, 1e-4] as const;
const dropoutValues = [0.2, 0.4, 0.1, 0.5] as const;
/** Multiples of the model's own learning rates. */
const paces = [3, 0.3, 10] as const;

/** One rung of the ladder: values to try for some names, the best of which is kept before the next rung. */
export interface TuningStep {
  readonly name: string;
  readonly choices: readonly Assignment[];
}

/**
 * The small validated ladder of `train --tune n`: embedding L2, then dropout, then the learning rate, one after the
 * other, n trials in all. Models that only count are drawn from their space instead.
 */
export function tuningLadder(
  entry: LibraryModel,
  task: Task,
  trials: number,
  seed: number,
): readonly TuningStep[] {
  const space = spaceOf(entry);
  if (entry.kind === 'counting') {
    const rng = new Rng(['tune', seed]);
    return [
      { name: 'configuration', choices: Array.from({ length: trials }, () => ({ ...sample(space, rng) })) },
    ];
  }
  const steps: TuningStep[] = [];
  // All of a next-item model is dense, its item table too, so there the L2 of the dense weights is the strength.
  const [strength, values] =
    task === 'next-item'
      ? (['recipe.weightDecay', decays] as const)
      : (['recipe.embeddingL2', l2Values] as const);
  steps.push({ name: strength, choices: values.map((value) => ({ [strength]: value })) });
  if (Object.hasOwn(space, 'dropout')) {
    const standard = defaults(space)['dropout'];
    const others = dropoutValues.filter((value) => value !== standard);
    steps.push({ name: 'dropout', choices: others.map((value) => ({ dropout: value })) });
  }
  steps.push({ name: 'recipe.learningRate', choices: otherPaces(task, entry.definition.recipe) });
  let left = trials;
  return steps.flatMap((step) => {
    const choices = step.choices.slice(0, left);
    left -= choices.length;
    return choices.length === 0 ? [] : [{ ...step, choices }];
  });
}

/** The model's own learning rates times each pace, as far as the recipe's space allows. */
function otherPaces(task: Task, recipe: Assignment = {}): Assignment[] {
  const own = resolveRecipe(task, recipe);
  const bounds = recipeSpaceFor(task);
  const within = (name: string, value: number): number => {
    const parameter = bounds[name];
    return parameter?.kind === 'float' ? Math.min(parameter.max, Math.max(parameter.min, value)) : value;
  };
  const choices = paces.map((pace): Assignment => {
    const dense = within('recipe.learningRate', pace * own.learningRate);
    if (task === 'next-item') return { 'recipe.learningRate': dense };
    const rows = within('recipe.embeddingLearningRate', pace * own.embeddingLearningRate);
    return { 'recipe.learningRate': dense, 'recipe.embeddingLearningRate': rows };
  });
  return choices.filter((choice, i) => choices.findIndex((other) => sameRates(choice, other)) === i);
}

function sameRates(a: Assignment, b: Assignment): boolean {
  return Object.entries(a).every(([name, value]) => b[name] === value);
}

/**
 * What a rung tries: a choice on top of the best so far, `fixed` (what the person said) on top of both. Values that the
 * choice makes inactive are dropped, those that it makes active get their default.
 */
export function tried(
  entry: LibraryModel,
  base: Assignment,
  choice: Assignment,
  fixed: Assignment,
): Assignment {
  const merged = { ...base, ...choice, ...fixed };
  const own = hyperParametersOf(merged);
  const others = Object.fromEntries(Object.entries(merged).filter(([name]) => !Object.hasOwn(own, name)));
  return { ...complete(spaceOf(entry), own), ...others };
}
