import type { Probe } from '../../schema/index.js';
import type { TableSubject } from './table-subject.js';

/** Share of repeated rows from which a metric counts some events noticeably often. */
const noticeable = 0.01;

/** Rows that repeat another in every column: an event logged twice is judged twice. */
export const duplicateRows: Probe<TableSubject> = {
  name: 'duplicate-rows',
  question: 'Does the event table repeat whole rows?',
  lacks: () => undefined,
  run: async ({ splits, log, config }) => {
    const { duplicateRows: repeated } = splits;
    const { rows, name } = log.table;
    if (repeated === 0 || config.duplicates === 'drop') return [];
    return [
      {
        severity: repeated >= noticeable * rows ? 'medium' : 'low',
        columns: [],
        evidence: `${repeated} of ${rows} rows of ${name} (${((100 * repeated) / rows).toFixed(2)} %) repeat another row in every column`,
        remedy: 'Set "duplicates": "drop" in automodel.json, unless an event may happen twice in one moment.',
      },
    ];
  },
};
