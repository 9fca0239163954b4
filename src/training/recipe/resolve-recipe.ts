import { z } from 'zod';
import { AutoModelError } from '../../platform/index.js';
import type { Assignment, Task } from '../../schema/index.js';
import { unknownParameter } from '../../space/index.js';
import { defaultRecipes, type LossName, type TrainingRecipe } from './recipe.js';

const prefix = 'recipe.';
const rate = z.number().positive().max(10);
const strength = z.number().min(0);
const count = z.number().int().positive();

const members = {
  loss: z.enum(['bce', 'mse', 'softmax', 'sampled-softmax', 'bpr']),
  optimizer: z.enum(['sgd', 'adagrad', 'adam', 'adamw']),
  learningRate: rate,
  batchSize: count,
  maxEpochs: count,
  patience: count,
  decayPatience: count,
  decayFactor: z.number().gt(0).max(1),
  clipNorm: strength,
  embeddingOptimizer: z.enum(['adagrad', 'rowwise-adagrad', 'lazy-adam']),
  embeddingLearningRate: rate,
  embeddingL2: strength,
  l2Mode: z.enum(['touched', 'dense-equivalent']),
  weightDecay: strength,
  negatives: count,
  evaluationsPerEpoch: z.number().positive(),
  maxLength: count,
};

/** Names of the recipe's members in an assignment. */
export const recipeNames: readonly string[] = Object.keys(members).map((name) => prefix + name);

const Recipe: z.ZodType<TrainingRecipe> = z.object(members);

const lossesOf: Readonly<Record<Task, readonly LossName[]>> = {
  ctr: ['bce'],
  rating: ['mse'],
  'next-item': ['softmax', 'sampled-softmax', 'bpr'],
};

/**
 * The task's default recipe with the members of a flat assignment that begin with "recipe." put over it; other names are
 * left to their owners.
 * @throws UNKNOWN_HYPERPARAMETER for a name that no recipe has; CONFIG_INVALID for a value outside its domain
 */
export function resolveRecipe(task: Task, assignment: Assignment = {}): TrainingRecipe {
  const chosen: Record<string, unknown> = { ...defaultRecipes[task] };
  for (const [key, value] of Object.entries(assignment)) {
    if (!key.startsWith(prefix)) continue;
    const name = key.slice(prefix.length);
    if (!Object.hasOwn(members, name)) {
      throw unknownParameter(recipeNames, key);
    }
    chosen[name] = value;
  }
  const parsed = Recipe.safeParse(chosen);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const name = prefix + issue.path.join('.');
    throw new AutoModelError('CONFIG_INVALID', `${name}: ${issue.message}`, {
      remedy: `Give ${name} another value.`,
      details: { name },
    });
  }
  if (!lossesOf[task].includes(parsed.data.loss)) {
    throw new AutoModelError(
      'CONFIG_INVALID',
      `recipe.loss: "${parsed.data.loss}" does not fit task ${task}`,
      {
        remedy: `Choose one of ${lossesOf[task].join(', ')}.`,
        details: { name: 'recipe.loss', task },
      },
    );
  }
  return parsed.data;
}
