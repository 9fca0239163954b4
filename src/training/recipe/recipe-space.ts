import type { Task } from '../../schema/index.js';
import { defaultBatchSize } from './recipe.js';
import type { Parameter, Space } from '../../space/index.js';

const isSampled = { parameter: 'recipe.loss', in: ['sampled-softmax', 'bpr'] } as const;

const shared: Space = {
  'recipe.learningRate': {
    kind: 'float',
    min: 1e-4,
    max: 1e-2,
    log: true,
    default: 1e-3,
    about: 'step size of the dense weights',
  },
  'recipe.weightDecay': {
    kind: 'ordered',
    values: [0, 1e-6, 1e-5, 1e-4, 1e-3],
    default: 0,
    about: 'L2 of the dense weights',
  },
  'recipe.clipNorm': {
    kind: 'ordered',
    values: [1, 3, 10],
    default: 10,
    about: 'largest norm of a gradient',
  },
};

/** What is worth searching for ctr and rating models. L2 on embeddings comes first: it often outweighs the architecture. */
export const recipeSpace: Space = {
  'recipe.embeddingL2': {
    kind: 'ordered',
    values: [0, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3],
    default: 0,
    about: 'L2 of the embedding rows',
  },
  'recipe.l2Mode': {
    kind: 'categorical',
    values: ['touched', 'dense-equivalent'],
    default: 'touched',
    about: 'whether rows outside the batch are pulled too',
  },
  'recipe.embeddingOptimizer': {
    kind: 'categorical',
    values: ['adagrad', 'lazy-adam', 'rowwise-adagrad'],
    default: 'adagrad',
    about: 'optimiser of the embedding rows',
  },
  'recipe.embeddingLearningRate': {
    kind: 'float',
    min: 1e-4,
    max: 1e-1,
    log: true,
    default: 0.02,
    about: 'step size of the embedding rows',
  },
  'recipe.batchSize': {
    kind: 'ordered',
    values: [128, 256, 512, 1024, 2048, 4096],
    default: 1024,
    about: 'rows per step',
  },
  ...shared,
};

const nextItemSpace: Readonly<Record<string, Parameter>> = {
  ...shared,
  'recipe.batchSize': { kind: 'ordered', values: [64, 128, 256, 512], default: 128, about: 'users per step' },
  'recipe.maxLength': {
    kind: 'ordered',
    values: [20, 50, 100, 200],
    default: 50,
    about: 'newest events that the model sees',
  },
  'recipe.loss': {
    kind: 'categorical',
    values: ['softmax', 'sampled-softmax', 'bpr'],
    default: 'softmax',
    about: 'full softmax, or losses over shared negatives',
  },
  'recipe.negatives': {
    kind: 'ordered',
    values: [128, 512, 2048],
    default: 512,
    when: isSampled,
    about: 'shared negatives per step',
  },
};

/**
 * The recipe's decision space for a task. Names carry the prefix "recipe.".
 * @param rows training rows, by which the default batch size goes; the task's default when left out
 */
export function recipeSpaceFor(task: Task, rows?: number): Space {
  if (task === 'next-item' || rows === undefined) return task === 'next-item' ? nextItemSpace : recipeSpace;
  const batchSize = {
    ...recipeSpace['recipe.batchSize'],
    default: defaultBatchSize(task, rows),
  } as Parameter;
  return { ...recipeSpace, 'recipe.batchSize': batchSize };
}
