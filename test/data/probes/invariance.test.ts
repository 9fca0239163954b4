import { describe, expect, it } from 'vitest';
import { contradictingNegatives } from '../../../src/data/probes/contradicting-negatives.js';
import { duplicateRows } from '../../../src/data/probes/duplicate-rows.js';
import { groupConstants } from '../../../src/data/probes/group-constants.js';
import { idOrder } from '../../../src/data/probes/id-order.js';
import { labelCombination } from '../../../src/data/probes/label-combinations.js';
import { labelCopy, tooGood } from '../../../src/data/probes/label-copies.js';
import { postImpression } from '../../../src/data/probes/post-impression.js';
import { trainTestOverlap } from '../../../src/data/probes/split-overlap.js';
import { Rng } from '../../../src/platform/index.js';
import type { HandColumn } from '../handmade.js';
import { look, plantedRows, type Cells, type PlantedRow } from './planted.js';

const probes = [
  contradictingNegatives,
  duplicateRows,
  groupConstants,
  idOrder,
  labelCombination,
  labelCopy,
  postImpression,
  tooGood,
  trainTestOverlap,
];
const rng = new Rng(['invariance', 1]);
const log = plantedRows({ rows: 3000, users: 150, items: 100 });
const sessionOf = ({ user, ts }: PlantedRow): string => `${user}-${Math.floor(ts / 200_000)}`;
const count = <K>(keys: readonly K[]): Map<K, number> => {
  const counts = new Map<K, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
};
const sessions = count(log.map(sessionOf));

/** Something to be found by most of the probes, and honest columns beside it; drawn once, so that a case changes one thing only. */
const planted = log.map((row): Cells => {
  const { label, item, ts } = row;
  const length = Math.exp(3 * rng.normal());
  return {
    code: label === 1 ? `p${rng.integer(5)}` : `n${rng.integer(5)}`,
    near: rng.next() < 0.06 ? 1 - label : label,
    length,
    played: length * (label === 1 ? 0.8 + 0.2 * rng.next() : 0.5 * rng.next()),
    shared: label === 1 && rng.next() < 0.1 ? 1 : 0,
    closed: ts + 5 + rng.integer(100),
    category: `k${label === 1 ? item % 7 : rng.integer(7)}`,
    session: sessionOf(row),
    session_events: sessions.get(sessionOf(row)) ?? 0,
    place: rng.integer(5),
    wait: rng.normal(),
  };
});

interface Case {
  /** order of the rows in the file */
  readonly order?: (index: number) => number;
  /** what a column is called */
  readonly called?: (name: string) => string;
  /** a rising function of the numbers */
  readonly rising?: (value: number) => number;
}

/** What is found, by the names that the columns were planted under. */
async function found({
  order = (n) => n,
  called = (name) => name,
  rising = (x) => x,
}: Case): Promise<string[]> {
  const names = Object.keys(planted[0]);
  const original = new Map(names.map((name) => [called(name), name]));
  const columns: Record<string, HandColumn> = { [called('session')]: 'meta' };
  const numbers = new Set(['near', 'shared', 'session_events', 'wait']);
  const cell = (name: string, value: string | number | null): string | number | null =>
    typeof value === 'number' && numbers.has(name) ? rising(value) : value;
  const { findings } = await look(
    {
      log: log.toSorted((a, b) => order(a.index) - order(b.index)),
      more: ({ index }) =>
        Object.fromEntries(names.map((name) => [called(name), cell(name, planted[index][name])])),
      columns,
    },
    ...probes,
  );
  return findings
    .map(({ probe, severity, columns: keys }) => {
      const said = keys.map((key) => {
        const name = key.slice(key.indexOf('.') + 1);
        return original.get(name) ?? name;
      });
      return `${probe} ${severity} ${said.toSorted().join(' ')}`.trim();
    })
    .toSorted();
}

/** Words of SQL and of our own working tables, quotes, blanks, other scripts, dots, nothing but signs. */
const hostile: Readonly<Record<string, string>> = {
  code: 'select',
  near: 'row',
  length: 'y',
  played: 'split "y" AS t',
  shared: 'größe.in.cm',
  closed: "t'; DROP TABLE base --",
  category: '类别',
  session: 'group by',
  session_events: 'key',
  place: '🙂',
  wait: '$1 ?',
};

describe('what the audit finds', () => {
  it('depends neither on the order of the file, nor on names, nor on a rising function of a number', async () => {
    const plain = await found({});
    expect(plain).toEqual(
      expect.arrayContaining([
        'contradicting-negatives high category',
        'group-constant high session_events',
        'label-combination high length played',
        'label-copy high code',
        'post-impression high closed',
        'post-impression high shared',
        'too-good high near',
      ]),
    );
    expect(plain.filter((line) => /place|wait/.test(line))).toEqual([]);
    expect(await found({ order: (n) => (n * 7919) % 3001 })).toEqual(plain);
    expect(await found({ called: (name) => hostile[name] })).toEqual(plain);
    expect(await found({ rising: (x) => 3 * Math.exp(x / 20) - 7 })).toEqual(plain);
  });
});
