import { describe, expect, it } from 'vitest';
import { constantColumns } from '../../../src/data/probes/constant-columns.js';
import { encoded } from '../handmade.js';
import { look, plantedRows } from './planted.js';

const log = plantedRows({ rows: 1000 });

describe('columns that teach nothing', () => {
  it('are named: one value, none, or another in every row', async () => {
    const { findings } = await look(
      {
        log,
        more: ({ index }) => ({ same: 'x', empty: null, request: `r${index}`, flag: index < 900 ? 1 : 0 }),
        columns: { empty: { role: 'context', type: 'string' } },
      },
      constantColumns,
    );
    // `flag` changes after training only
    expect(
      findings.map(({ severity, columns, evidence }) => [severity, columns[0], evidence.slice(0, 25)]),
    ).toEqual([
      ['low', 'log.same', 'it is one value in all 80'],
      ['low', 'log.empty', 'it is empty in all 800 tr'],
      ['low', 'log.request', 'it has 800 values in 800 '],
      ['low', 'log.flag', 'it is one value in all 80'],
    ]);
  });

  it('are not seen in real numbers, codes that come back, ids and what is skipped already', async () => {
    const { findings } = await look(
      {
        log,
        more: ({ index }, rng) => ({
          amount: rng.next(),
          code: `c${index % 200}`,
          gone: 'x',
          sparse: index % 3 === 0 ? 'x' : null,
          // ten cells with ten values are no id of the row
          rare: index % 80 === 0 ? `note ${index}` : null,
        }),
        columns: {
          gone: encoded('context', { kind: 'skip' }),
          amount: encoded('context', { kind: 'bucket', buckets: 8 }),
        },
      },
      constantColumns,
    );
    expect(findings).toEqual([]);
  });
});
