import type { Probe } from '../../schema/index.js';
import { labelRelations } from '../column-relations.js';
import { lacksLabel, type TableSubject } from './table-subject.js';

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
  lacks: (subject) =>
    lacksLabel(subject) ??
    (subject.log.user === undefined || subject.log.item === undefined
      ? 'the events have no user and item'
      : subject.isInTime
        ? 'training lies before validation in time: what it knows was known'
        : undefined),
  async run({ bench, log, label = 'y' }) {
    // Of each row the training rows of its user and item that do not lie before it: one pass in the order of time, newest first.
    const meetings = `(PARTITION BY ${log.user}, ${log.item} ORDER BY ${log.timed ? 't' : '0'} DESC RANGE UNBOUNDED PRECEDING)`;
    const known = `${log.user} IS NOT NULL AND ${log.item} IS NOT NULL`;
    await bench.run(
      `CREATE OR REPLACE TEMP TABLE met AS SELECT row, y, (n > 0)::INTEGER AS again, CASE WHEN n > 0 THEN rate END AS rate FROM (SELECT row, split, y, ` +
        `CASE WHEN ${known} THEN count(*) FILTER (split = 0) OVER ${meetings} ELSE 0 END AS n, ` +
        `avg(${label}) FILTER (split = 0) OVER ${meetings} AS rate FROM base WHERE split < 2) WHERE split = 1`,
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
        remedy:
          'Split by time (automodel init ... --split time), or keep all rows of a user and item in one part.',
      },
    ];
  },
};
