import type { Probe, Sighting } from '../../schema/index.js';
import type { TableSubject } from './table-subject.js';

/** Share of judged rows that were trained on, from which a metric is partly memory, and from which it is not to be trusted. */
const noticeable = 0.001;
const decisive = 0.02;

function severityOf(share: number): Sighting['severity'] {
  return share >= decisive ? 'high' : share >= noticeable ? 'medium' : 'low';
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** Rows that are judged and were trained on: equal to a training row in every column but the split's name. */
export const trainTestOverlap: Probe<TableSubject> = {
  name: 'train-test-overlap',
  question: 'Are rows judged that were trained on?',
  lacks: () => undefined,
  async run({ bench, splits, overlap: { withTrain } }) {
    const [inValidation] = await bench.numbers(
      'SELECT count(*)::DOUBLE FROM base WHERE split = 1 AND row_hash IN (SELECT row_hash FROM base WHERE split = 0)',
    );
    const parts = [
      { name: 'test', equal: withTrain, rows: splits.rows.test },
      { name: 'validation', equal: inValidation, rows: splits.rows.validation },
    ];
    return parts.flatMap(({ name, equal, rows }): Sighting[] =>
      equal === 0
        ? []
        : [
            {
              severity: severityOf(equal / rows),
              columns: [],
              evidence: `${equal} of ${rows} ${name} rows (${percent(equal / rows)}) equal a training row in every column`,
              remedy: 'Set "duplicates": "drop" in automodel.json, or split by time.',
            },
          ],
    );
  },
};

/** A test part that was chosen by: the validation part once more. */
export const validationIsTest: Probe<TableSubject> = {
  name: 'validation-is-test',
  question: 'Is the validation part the test part?',
  lacks: () => undefined,
  run: async ({ splits, overlap }) => {
    const { sameEvents, withValidation, isSameData } = overlap;
    if (sameEvents === 0) return [];
    const share = sameEvents / splits.rows.test;
    const how = sameEvents > withValidation ? 'have user, item, time and label of' : 'equal';
    return [
      {
        severity: isSameData ? 'high' : severityOf(share),
        columns: [],
        evidence: `${sameEvents} of ${splits.rows.test} test rows (${percent(share)}) ${how} a validation row`,
        remedy: 'Give a test part that was not used to choose anything.',
      },
    ];
  },
};
