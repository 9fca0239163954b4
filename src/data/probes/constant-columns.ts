import type { Probe, Sighting } from '../../schema/index.js';
import type { TableSubject } from './table-subject.js';

/** Share of cells with a value of their own, and cells below which that says nothing. */
const idLike = 0.9;
const fewestCells = 100;

/** Inputs that teach nothing: one value in all training rows, or another one in nearly every row. */
export const constantColumns: Probe<TableSubject> = {
  name: 'constant-or-id',
  question: 'Is an input the same in all rows, or another value in nearly every row?',
  lacks: () => undefined,
  async run({ bench, columns, config }) {
    const inputs = columns.filter(({ isInput, role }) => isInput && role !== 'user_id' && role !== 'item_id');
    const found: Sighting[] = [];
    for (let from = 0; from < inputs.length; from += 32) {
      const group = inputs.slice(from, from + 32);
      const counts = await bench.numbers(
        `SELECT ${group.map(({ cell }) => `count(DISTINCT ${cell})::DOUBLE, count(${cell})::DOUBLE, (min(${cell}) IS NOT DISTINCT FROM max(${cell}))::DOUBLE`).join(', ')}, count(*)::DOUBLE FROM audited WHERE split = 0`,
      );
      const rows = counts[counts.length - 1];
      group.forEach(({ key, type, side }, k) => {
        const [distinct, present, alike] = counts.slice(3 * k);
        const remedy = `Set "encoding": { "kind": "skip" } for ${key} in automodel.json.`;
        if (alike === 1 && (present === 0 || present === rows)) {
          const evidence = `it is ${present === 0 ? 'empty' : 'one value'} in all ${rows} training rows that were looked at`;
          found.push({ severity: 'low', columns: [key], evidence, remedy });
          return;
        }
        const encoding = config.columns[key].encoding?.kind ?? 'categorical';
        const isCode = (type === 'string' || type === 'integer') && encoding === 'categorical';
        if (!isCode || side !== undefined || present < fewestCells || distinct < idLike * present) return;
        found.push({
          severity: 'low',
          columns: [key],
          evidence: `it has ${distinct} values in ${present} training rows: an id of the row, which no model can learn from`,
          remedy,
        });
      });
    }
    return found;
  },
};
