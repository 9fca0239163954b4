// What the tables hold: three small cuts of real click logs, and a search space of models that train in about a second.

/** Rows of each cut, in the order of time; far below the 20,000 training rows that a table may use. */
export const cutRows = { train: 10_000, valid: 6_000, test: 1_000 };

/**
 * `order` sorts a log, `from` is the share of the log before the cut begins; `train`, `valid` and `test` follow each other.
 * @type {{id: string, title: string, folder: string, events: string, side: string[], order: string, from: number, leftOut?: RegExp, init: string[]}[]}
 */
export const datasets = [
  {
    id: 'kuairand-pure',
    title: 'kuairand-pure, click',
    folder: 'kuairand-pure',
    events: 'interactions.parquet',
    side: ['users.parquet', 'items.parquet'],
    order: 'time_ms, user_id, item_id',
    from: 0.4,
    leftOut: /^onehot_feat|_range$|^server_|^is_live|^music_/,
    init: [],
  },
  {
    id: 'criteo-80k',
    title: 'criteo-80k, click',
    folder: 'criteo-80k',
    events: 'interactions.parquet',
    side: [],
    order: 'row_id',
    from: 0,
    init: [],
  },
  {
    id: 'ml-100k',
    title: 'ml-100k, rating of 4 or more',
    folder: 'ml-100k',
    events: 'interactions.parquet',
    side: ['users.parquet', 'items.parquet'],
    order: 'timestamp, file_row',
    from: 0.3,
    init: ['--positive', 'rating>=4'],
  },
];

/** Families that train in about a second on one thread; each keeps its own hyper-parameters. */
export const families = ['lr', 'fm', 'dnn', 'wide-deep', 'deepfm', 'dcnv2', 'finalmlp'];

/** Values that are too slow for a table: what is left of an ordered or categorical parameter, by its last name. */
export const cheapValues = {
  embeddingDim: [4, 8, 16],
  hidden: ['32', '64x32', '128x64'],
  first: ['32', '64x32', '128x64'],
  second: ['32', '64x32', '128x64'],
  batchSize: [128, 256, 512, 1024],
};

export const configurations = 256;
export const seeds = 5;
/** Shares of the epochs after which a training is scored; all four come from one training. */
export const rungs = [1 / 8, 1 / 4, 1 / 2, 1];
export const maxEpochs = 4;
/** One evaluation at the first rung already. */
export const evaluationsPerEpoch = 2;
/** Of the configurations and, with the number of the seed, of the trainings. */
export const drawSeed = 20_260;
