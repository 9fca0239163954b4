import { describe, expect, it } from 'vitest';
import { labelCopy, tooGood } from '../../../src/data/probes/label-copies.js';
import { look, plantedRows, quality } from './planted.js';

const log = plantedRows();
/** A label with a share of its values turned over. */
const nearly = (label: number, chance: number, turned: number): number =>
  chance < turned ? 1 - label : label;

describe('label copies', () => {
  it('are found through any function of the label, and told from what is merely good', async () => {
    const { findings } = await look(
      {
        log,
        more: ({ label, item }, rng) => ({
          copy: label,
          // another number for every row, larger exactly where the label is
          monotone: Math.exp(3 * label + rng.next()),
          turned: -label * 7 + rng.next(),
          code: label === 1 ? `p${rng.integer(5)}` : `n${rng.integer(5)}`,
          gap: label === 1 ? rng.integer(9) : null,
          near: nearly(label, rng.next(), 0.01),
          good: nearly(label, rng.next(), 0.06),
          fair: nearly(label, rng.next(), 0.2),
          honest: quality(item),
          noise: rng.next(),
        }),
      },
      labelCopy,
      tooGood,
    );
    const of = (probe: string) => findings.filter((f) => f.probe === probe).flatMap((f) => f.columns);
    expect(of('label-copy').toSorted()).toEqual(
      ['code', 'copy', 'gap', 'monotone', 'near', 'turned'].map((name) => `log.${name}`),
    );
    expect(of('too-good')).toEqual(['log.good']);
    expect(new Set(findings.map(({ severity }) => severity))).toEqual(new Set(['high']));
    expect(findings[0].evidence).toMatch(/AUC 1\.000/);
  });

  it('are found on a share of the rows as on all of them, codes too', async () => {
    for (const share of [2, 3, 4]) {
      const { columns } = await look(
        {
          log,
          more: ({ label }, rng) => ({
            code: label === 1 ? `p${rng.integer(5)}` : `n${rng.integer(5)}`,
            noise: rng.next(),
          }),
          mostRows: log.length / share,
        },
        labelCopy,
      );
      expect(columns).toEqual(['code']);
    }
  });

  it('are not seen in rare cells and in codes that hardly come back', async () => {
    const { findings } = await look(
      {
        log,
        more: (_, rng) =>
          Object.fromEntries([
            ...Array.from({ length: 12 }, (_unused, k) => [`code${k}`, `r${rng.integer(300_000)}`]),
            ...Array.from({ length: 12 }, (_unused, k) => [
              `rare${k}`,
              rng.next() < 0.002 ? rng.integer(1000) : null,
            ]),
          ]),
      },
      labelCopy,
      tooGood,
    );
    expect(findings).toEqual([]);
  });

  it('weigh little where they are refused already, or accepted by a person', async () => {
    const { findings } = await look(
      {
        log,
        more: ({ label }) => ({ leak: label, kept: label }),
        columns: { leak: 'leak', kept: { role: 'context', accepted: true } },
      },
      labelCopy,
    );
    expect(findings.map(({ severity, columns }) => [severity, ...columns])).toEqual([
      ['low', 'log.leak'],
      ['low', 'log.kept'],
    ]);
    expect(findings[0].evidence).toContain('no input (role leak)');
    expect(findings[1].evidence).toContain('accepted');
  });

  it('are looked for on joined tables too', async () => {
    const { columns } = await look(
      {
        log,
        more: ({ index }) => ({ request: index }),
        columns: { request: 'meta' },
        tables: {
          requests: {
            rows: log.map(({ index, label }) => ({ request: index, result: 5 - label, plain: index % 11 })),
            columns: { request: 'meta', result: 'context', plain: 'context' },
            join: [{ column: 'request', eventColumn: 'request' }],
          },
        },
      },
      labelCopy,
    );
    expect(columns).toEqual(['result']);
  });

  it('never read a label of the test split', async () => {
    const tested = (label: (row: { index: number; label: number }) => number) =>
      look(
        {
          log: log.map((row) => ({ ...row, label: row.index < 0.9 * log.length ? row.label : label(row) })),
          more: ({ index }, rng) => ({
            copy: index < 0.9 * log.length ? 0 : log[index].label,
            noise: rng.next(),
          }),
        },
        labelCopy,
        tooGood,
      );
    const [seen, turned] = [await tested(({ label }) => label), await tested(({ label }) => 1 - label)];
    expect(seen.findings).toEqual([]);
    expect(turned.findings).toEqual([]);
  });

  it('need a label, and more than a handful of rows of either kind', async () => {
    const few = await look(
      {
        log: log.map((row) => ({ ...row, label: row.index % 300 === 0 ? 1 : 0 })),
        more: ({ label }) => ({ copy: label }),
      },
      labelCopy,
    );
    expect(few.findings).toEqual([]);
    const none = await look(
      {
        log,
        change: { task: 'next-item', label: undefined, split: 'leave-one-out' },
        columns: { label: 'meta' },
      },
      labelCopy,
    );
    expect(none.runs).toMatchObject([{ outcome: 'skipped', reason: expect.stringContaining('next-item') }]);
  });

  it('are found for ratings, which are cut at their mean', async () => {
    const { columns } = await look(
      {
        log: log.map((row) => ({ ...row, label: row.label * 3 + 1 })),
        more: ({ label }, rng) => ({ stars: label * 10, noise: rng.next() }),
        columns: { label: 'rating' },
        change: { task: 'rating', label: { column: 'label', range: [1, 5] } },
      },
      labelCopy,
    );
    expect(columns).toEqual(['stars']);
  });
});
