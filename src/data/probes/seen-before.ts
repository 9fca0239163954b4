import type { Probe } from '../../schema/index.js';
import { labelRelations } from '../column-relations.js';
import type { TableSubject } from './table-subject.js';

/** Share of validation rows with a later twin in training, and what that must tell of their label. */
const noticeable = 0.02;
const telling = 0.6;
const decisive = 0.7;

/**
 * Repeated use under a split that is none in time: that a user meets an item again, and how it went then, is in training for
 * events that came before. Live there is no later meeting to learn from.
 */
export const seenBefore: Probe<TableSubject> = {
  name: 'seen-before',
  question:
    'Does training hold later meetings of the user and item of a judged row, and do they tell its label?',
  lacks: ({ log, label, isInTime }) =>
    label === undefined
      ? 'a next-item task has no label of 0 and 1'
      : log.user === undefined || log.item === undefined
        ? 'the events have no user and item'
        : isInTime
          ? 'training lies before validation in time: what it knows was known'
          : undefined,
  async run({ bench, log, label = 'y' }) {
    const pair = `${log.user} AS u, ${log.item} AS i`;
    const later = log.timed ? 'p.last >= b.t' : 'true';
    await bench.run(
      `CREATE OR REPLACE TEMP TABLE met AS SELECT b.row, 0 AS split, b.y, coalesce(${later}, false)::INTEGER AS again, ` +
        `CASE WHEN ${later} THEN p.rate END AS rate FROM (SELECT *, ${pair} FROM base WHERE split = 1) b LEFT JOIN ` +
        `(SELECT ${pair}, max(t) AS last, avg(${label}) AS rate FROM base WHERE split = 0 GROUP BY ALL) p ON p.u = b.u AND p.i = b.i`,
    );
    const [rows, share] = await bench.numbers('SELECT count(*)::DOUBLE, avg(again) FROM met');
    if (!(share >= noticeable)) return [];
    const told = await labelRelations(
      bench.engine,
      { relation: 'met', rows },
      label,
      [
        { name: 'again', cell: 'again::DOUBLE', numeric: true },
        { name: 'rate', cell: 'coalesce(rate, (SELECT avg(rate) FROM met))', numeric: true },
      ],
      'row',
    );
    const auc = Math.max(...[...told.values()].map((relation) => relation.auc));
    if (auc < telling) return [];
    return [
      {
        severity: auc >= decisive ? 'high' : 'medium',
        columns: [],
        evidence:
          `${(100 * share).toFixed(1)} % of the validation rows have a training row of the same user and item that came later ` +
          `(or at no known time), and that alone ranks their label with AUC ${auc.toFixed(3)} (${telling} is noticed)`,
        remedy: 'Split by time (--split time), or keep all rows of a user and item in one part.',
      },
    ];
  },
};
