// What the results table holds: one project per dataset and split, one row per model.
const ctrModels = ['lr', 'fm', 'dnn', 'wide-deep', 'deepfm', 'dcnv2', 'xdeepfm', 'autoint', 'finalmlp'];
const sequenceModels = ['din', 'bst'];

const hp = (values) => Object.entries(values).flatMap(([name, value]) => ['--hp', `${name}=${value}`]);

// Chosen on validation in a sweep outside this project (docs/results.md says how); wide and fast, so that few epochs do.
const fastDecay = {
  'recipe.learningRate': 2e-3,
  'recipe.decayFactor': 0.3,
  'recipe.decayPatience': 3,
  'recipe.patience': 6,
};
const sasrecOnFilms = hp({
  dim: 128,
  'recipe.batchSize': 64,
  'recipe.maxLength': 100,
  'recipe.maxEpochs': 25,
  ...fastDecay,
});
const sasrecOnBaskets = hp({
  dim: 128,
  dropout: 0.5,
  'recipe.maxLength': 20,
  'recipe.maxEpochs': 16,
  ...fastDecay,
});

/** @type {{id: string, title: string, folder: string, files: string[], init: string[], rows: {model: string, tune: number, args?: string[], seeds?: number}[]}[]} */
export const projects = [
  {
    id: 'ml-100k-next',
    title: 'ml-100k, next item, leave-one-out by (timestamp, file_row)',
    folder: 'ml-100k',
    files: ['interactions.parquet'],
    init: ['--task', 'next-item', '--split', 'leave-one-out'],
    rows: [
      { model: 'neighbourhood', tune: 40 },
      { model: 'skip-markov', tune: 20 },
      { model: 'popularity', tune: 0 },
      { model: 'sasrec', tune: 0 },
    ],
  },
  {
    id: 'ml-100k-ctr',
    title: 'ml-100k, click = rating >= 4, by time',
    folder: 'ml-100k',
    files: ['interactions.parquet', 'users.parquet', 'items.parquet'],
    init: ['--task', 'ctr', '--split', 'time', '--positive', 'rating>=4'],
    rows: [...ctrModels, ...sequenceModels].map((model) => ({ model, tune: model === 'lr' ? 8 : 4 })),
  },
  {
    id: 'criteo-80k',
    title: 'criteo-80k, in order (column split)',
    folder: 'criteo-80k',
    files: ['interactions.parquet'],
    init: ['--task', 'ctr', '--split', 'column:split'],
    rows: ctrModels.map((model) => ({ model, tune: 4 })),
  },
  {
    id: 'kuairand-pure',
    title: 'kuairand-pure, click, by day, with history.parquet',
    folder: 'kuairand-pure',
    files: ['interactions.parquet', 'users.parquet', 'items.parquet', 'history.parquet'],
    init: ['--task', 'ctr', '--split', 'column:date@20220505,20220507'],
    rows: [...ctrModels, ...sequenceModels].map((model) => ({ model, tune: 4 })),
  },
  {
    id: 'kuairand-pure-no-history',
    title: 'kuairand-pure, click, by day, without history.parquet',
    folder: 'kuairand-pure',
    files: ['interactions.parquet', 'users.parquet', 'items.parquet'],
    init: ['--task', 'ctr', '--split', 'column:date@20220505,20220507'],
    rows: [
      { model: 'lr', tune: 8 },
      { model: 'din', tune: 8 },
    ],
  },
  {
    id: 'amazon-beauty-shuf',
    title: 'amazon-beauty, leave-one-out by seq_pos_shuf (leak-free order)',
    folder: 'amazon-beauty',
    files: ['interactions.parquet'],
    init: ['--task', 'next-item', '--split', 'leave-one-out:order=seq_pos_shuf'],
    rows: [
      { model: 'neighbourhood', tune: 40 },
      { model: 'skip-markov', tune: 20 },
      { model: 'popularity', tune: 0 },
      { model: 'sasrec', tune: 0, args: sasrecOnBaskets },
    ],
  },
  {
    id: 'amazon-beauty',
    title:
      'amazon-beauty, leave-one-out by seq_pos (published order, which leaks the order of same-day events)',
    folder: 'amazon-beauty',
    files: ['interactions.parquet'],
    init: ['--task', 'next-item', '--split', 'leave-one-out:order=seq_pos'],
    rows: [
      { model: 'neighbourhood', tune: 40 },
      { model: 'skip-markov', tune: 20 },
      { model: 'popularity', tune: 0 },
      { model: 'sasrec', tune: 0, args: sasrecOnBaskets },
    ],
  },
  {
    id: 'ml-1m',
    title: 'ml-1m, next item, leave-one-out by seq_pos',
    folder: 'ml-1m',
    files: ['interactions.parquet'],
    init: ['--task', 'next-item', '--split', 'leave-one-out:order=seq_pos'],
    rows: [
      { model: 'neighbourhood', tune: 20 },
      { model: 'skip-markov', tune: 10 },
      { model: 'popularity', tune: 0 },
      { model: 'sasrec', tune: 0, args: sasrecOnFilms },
    ],
  },
];
