import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeTable } from '../../../src/data/index.js';
import {
  analyseExperiment,
  readExperiment,
  type Moments,
  type ReadExperiment,
} from '../../../src/experiments/index.js';
import { Rng } from '../../../src/platform/index.js';
import { MetricDefinition, type ExperimentAnalyzeOptions } from '../../../src/schema/index.js';
import { momentsOf } from '../numbers.js';

/**
 * The reading against an oracle: plain loops over random, dirty logs, written from docs/experiments.md and not from the
 * SQL. Every count and every moment has to agree.
 */

const folder = mkdtempSync(join(tmpdir(), 'automodel-read-experiment-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Exposure {
  readonly unit: string;
  readonly variant: string;
  readonly at: number;
  readonly place: string;
}
interface Value {
  readonly unit: string;
  readonly metric: string;
  readonly value: number | null;
  readonly at: number;
}
interface Log {
  readonly exposures: readonly Exposure[];
  readonly values: readonly Value[];
}

const start = 1_776_000_000;
const day = 86_400;
const variants = ['a', 'b', 'c'];

/** Units exposed once, again, in two variants, or blank; values before, at and after exposure, of strangers, empty. */
function randomLog(seed: number): Log {
  const rng = new Rng(['read', seed]);
  const exposures: Exposure[] = [];
  const values: Value[] = [];
  for (let i = 0; i < 120; i += 1) {
    const unit = `u${i}`;
    const variant = rng.pick(variants);
    const place = rng.pick(['x', 'y', '']);
    const first = start + rng.integer(20 * day);
    const times = [first, ...Array.from({ length: rng.integer(3) }, () => first + rng.integer(day))];
    for (const at of rng.shuffle(times)) exposures.push({ unit, variant, at, place });
    if (rng.next() < 0.08) exposures.push({ unit, variant: rng.pick(variants), at: first + day, place });
    for (const metric of ['clicks', 'views', 'ignored']) {
      const rows = rng.next() < 0.2 ? 0 : rng.integer(6);
      for (let k = 0; k < rows; k += 1) {
        const at = rng.next() < 0.1 ? first : first + rng.integer(24 * day) - 8 * day;
        const value =
          rng.next() < 0.05 ? null : Math.round(rng.normal() * 100) / 10 + (metric === 'views' ? 40 : 1);
        values.push({ unit, metric, value, at });
      }
    }
  }
  for (let k = 0; k < 5; k += 1) {
    exposures.push(
      { unit: '', variant: 'a', at: start, place: 'x' },
      { unit: `u${k}`, variant: '', at: start, place: 'x' },
    );
    values.push({ unit: `stranger${k}`, metric: 'clicks', value: 1, at: start });
  }
  return { exposures: rng.shuffle(exposures), values: rng.shuffle(values) };
}

interface Unit {
  readonly id: string;
  readonly variant: string;
  readonly at: number;
}

function unitsOf({ exposures }: Log): { kept: Unit[]; crossed: string[]; known: Set<string> } {
  const byUnit = new Map<string, Exposure[]>();
  for (const exposure of exposures) {
    if (exposure.unit === '' || exposure.variant === '') continue;
    byUnit.set(exposure.unit, [...(byUnit.get(exposure.unit) ?? []), exposure]);
  }
  const kept: Unit[] = [];
  const crossed: string[] = [];
  for (const [id, own] of byUnit) {
    if (new Set(own.map(({ variant }) => variant)).size > 1) crossed.push(id);
    else kept.push({ id, variant: own[0].variant, at: Math.min(...own.map(({ at }) => at)) });
  }
  return { kept, crossed, known: new Set(byUnit.keys()) };
}

/** Sum of a unit's values of a metric in a window of seconds since exposure; null where there is none. */
function sumOf(log: Log, { id, at }: Unit, metric: string, from: number, to: number): number | null {
  const own = log.values.filter(
    (row) =>
      row.unit === id &&
      row.metric === metric &&
      row.value !== null &&
      row.at - at >= from &&
      row.at - at < to,
  );
  return own.length === 0 ? null : own.reduce((sum, { value }) => sum + (value ?? 0), 0);
}

const definitions = [
  { name: 'clicks', role: 'success' },
  { name: 'clicked', role: 'success', of: 'clicks', kind: 'proportion' },
  { name: 'ctr', role: 'success', of: 'clicks', kind: 'ratio', denominator: 'views', cuped: true },
  { name: 'seen', role: 'watched', of: 'views', covariate: 'clicks' },
  { name: 'rated', role: 'watched', of: 'clicks', missing: 'leave-out' },
  { name: 'back', role: 'watched', of: 'views', kind: 'retention', days: [2, 9] },
].map((one) => MetricDefinition.parse(one));

/** What each definition is of one unit; null: the unit is not part of it. */
function columnsOf(log: Log, unit: Unit, end: number): (readonly number[] | null)[] {
  const after = (metric: string): number | null => sumOf(log, unit, metric, 0, Infinity);
  const before = (metric: string): number => sumOf(log, unit, metric, -Infinity, 0) ?? 0;
  const [clicks, views] = [after('clicks'), after('views')];
  const stayed = sumOf(log, unit, 'views', 2 * day, 9 * day) !== null;
  return [
    [clicks ?? 0],
    [(clicks ?? 0) > 0 ? 1 : 0],
    [clicks ?? 0, views ?? 0, before('clicks'), before('views')],
    [views ?? 0, before('clicks')],
    clicks === null ? null : [clicks],
    unit.at + 9 * day <= end ? [stayed ? 1 : 0] : null,
  ];
}

function expectMoments(got: Moments, expected: Moments): void {
  expect(got.n).toBe(expected.n);
  expected.means.forEach((mean, i) => expect(got.means[i]).toBeCloseTo(mean, 8));
  expected.covariance.forEach((row, i) =>
    row.forEach((value, j) => expect(got.covariance[i][j]).toBeCloseTo(value, 7)),
  );
}

function expectLike({ data, leftOut }: ReadExperiment, log: Log): void {
  const { kept, crossed, known } = unitsOf(log);
  const end = Math.max(...log.values.map(({ at }) => at));
  expect(data.arms.map(({ variant }) => variant)).toEqual(['b', 'a', 'c']);
  for (const { variant, units } of data.arms)
    expect(units).toBe(kept.filter((unit) => unit.variant === variant).length);
  const keptById = new Map(kept.map((unit) => [unit.id, unit]));
  expect(leftOut.unitsInSeveralVariants).toBe(crossed.length);
  expect(leftOut.exposureRowsWithoutUnitOrVariant).toBe(10);
  expect(leftOut.metricRowsOfUnexposedUnits).toBe(log.values.filter(({ unit }) => !known.has(unit)).length);
  expect(leftOut.metricRowsBeforeExposure).toBe(
    log.values.filter(({ unit, metric, value, at }) => {
      const own = keptById.get(unit);
      return own !== undefined && metric !== 'ignored' && value !== null && at < own.at;
    }).length,
  );
  data.metrics.forEach(({ arms }, index) =>
    arms.forEach((measure, arm) => {
      if (measure.kind !== 'moments') throw new Error('expected moments');
      const rows = kept
        .filter(({ variant }) => variant === data.arms[arm].variant)
        .map((unit) => columnsOf(log, unit, end)[index])
        .filter((row) => row !== null);
      expectMoments(measure.moments, momentsOf(rows[0].map((_, column) => rows.map((row) => row[column]))));
    }),
  );
}

function read(
  options: Partial<ExperimentAnalyzeOptions> & { exposures: string; metrics: string },
): Promise<ReadExperiment> {
  return readExperiment(
    { unit: 'unit', variant: 'variant', control: 'b', definitions, exposedAt: 'at', ...options },
    () => undefined,
    new AbortController().signal,
  );
}

function write(name: string, header: string, rows: readonly (readonly (string | number | null)[])[]): string {
  const path = join(folder, name);
  writeFileSync(path, [header, ...rows.map((row) => row.map((cell) => cell ?? '').join(','))].join('\n'));
  return path;
}

describe('reading an experiment', () => {
  it.each([1, 2, 3, 4, 5, 6])('agrees with plain loops over the dirty log %d', async (seed) => {
    const log = randomLog(seed);
    const exposures = write(
      `exposures-${seed}.csv`,
      'unit,variant,at,place',
      log.exposures.map(({ unit, variant, at, place }) => [unit, variant, at, place]),
    );
    const metrics = write(
      `metrics-${seed}.csv`,
      'unit,metric,value,at',
      log.values.map(({ unit, metric, value, at }) => [unit, metric, value, at]),
    );
    const got = await read({ exposures, metrics, segment: 'place' });
    expectLike(got, log);
    // A unit's place is that of its first row in the file, blanks are a place too.
    const placeOf = new Map<string, string>();
    for (const { unit, variant, place } of log.exposures)
      if (unit !== '' && variant !== '' && !placeOf.has(unit)) placeOf.set(unit, place);
    const { kept } = unitsOf(log);
    for (const { value, arms } of got.data.segments)
      for (const { variant, units } of arms)
        expect(units).toBe(
          kept.filter(({ id, variant: own }) => own === variant && (placeOf.get(id) || '(none)') === value)
            .length,
        );
    expect(got.data.segments).toHaveLength(3);
  });

  it('agrees on Parquet, with times in milliseconds and values in single precision', async () => {
    const log = randomLog(7);
    const whole: Log = {
      ...log,
      values: log.values.map((row) => ({ ...row, value: row.value === null ? 0 : Math.round(row.value) })),
    };
    const [exposures, metrics] = [join(folder, 'exposures.parquet'), join(folder, 'metrics.jsonl')];
    const known = whole.exposures.filter(({ unit, variant }) => unit !== '' && variant !== '');
    const blank = whole.exposures.filter(({ unit, variant }) => unit === '' || variant === '');
    await writeTable(exposures, [
      { name: 'unit', values: known.map(({ unit }) => unit) },
      { name: 'variant', values: known.map(({ variant }) => variant) },
      { name: 'at', values: Float64Array.from(known, ({ at }) => at * 1000), integer: true },
    ]);
    writeFileSync(
      metrics,
      whole.values
        .map((row) => JSON.stringify({ ...row, at: new Date(row.at * 1000).toISOString() }))
        .join('\n'),
    );
    const got = await read({ exposures, metrics });
    expect(got.leftOut.exposureRowsWithoutUnitOrVariant).toBe(0);
    expectLike(
      { ...got, leftOut: { ...got.leftOut, exposureRowsWithoutUnitOrVariant: blank.length } },
      whole,
    );
  });

  it('gives the same last digits on the same files', async () => {
    const log = randomLog(8);
    const exposures = write(
      'again-e.csv',
      'unit,variant,at',
      log.exposures.map(({ unit, variant, at }) => [unit, variant, at]),
    );
    const metrics = write(
      'again-m.csv',
      'unit,metric,value,at',
      log.values.map(({ unit, metric, value, at }) => [unit, metric, value, at]),
    );
    const [once, again] = [await read({ exposures, metrics }), await read({ exposures, metrics })];
    expect(again).toEqual(once);
  });

  it('stops when it is told to', async () => {
    const log = randomLog(9);
    const exposures = write(
      'stop-e.csv',
      'unit,variant,at',
      log.exposures.map(({ unit, variant, at }) => [unit, variant, at]),
    );
    const stopped = readExperiment(
      { exposures, unit: 'unit', variant: 'variant', control: 'b', definitions: [] },
      () => undefined,
      AbortSignal.abort(),
    );
    await expect(stopped).rejects.toMatchObject({ code: 'INTERRUPTED' });
  });
});

describe('days since exposure', () => {
  const aDay = 86_400;
  /** Units that come on all of ten days from theirs on; the treatment gains on the first one, and had gained before where it says so. */
  async function file(past: number): Promise<ReadExperiment> {
    // Unit by unit the arms vary alike, so that what is not planted is exactly nothing.
    const worth = (i: number, later: number): number => 1 + (((i >> 1) * 0.618 + (later + 1) * 0.37) % 1);
    const units = Array.from({ length: 1100 }, (_, i) => ({
      unit: `u${i}`,
      variant: i % 2 === 0 ? 'old' : 'new',
      at: start + ((i >> 1) % 3) * aDay,
    }));
    const values = units.flatMap(({ unit, variant, at }, i) => [
      { unit, metric: 'clicks', value: (variant === 'new' ? past : 1) * worth(i, -1), at: at - aDay },
      ...[0, 1, 2, 5].map((later) => ({
        unit,
        metric: 'clicks',
        value: (variant === 'new' && later === 0 ? 1.5 : 1) * worth(i, later),
        at: at + later * aDay,
      })),
    ]);
    const paths = [join(folder, `since-${past}-e.csv`), join(folder, `since-${past}-m.csv`)];
    const csv = (rows: readonly object[]): string =>
      [Object.keys(rows[0]), ...rows.map((row) => Object.values(row) as unknown[])]
        .map((row) => row.join(','))
        .join('\n');
    writeFileSync(paths[0], csv(units));
    writeFileSync(paths[1], csv(values));
    return readExperiment(
      {
        exposures: paths[0],
        metrics: paths[1],
        unit: 'unit',
        variant: 'variant',
        control: 'old',
        definitions: [MetricDefinition.parse({ name: 'clicks', role: 'success' })],
      },
      () => undefined,
      new AbortController().signal,
    );
  }
  const rules = {
    alpha: 0.05,
    scale: 'relative',
    rule: { kind: 'fixed-horizon' },
    tunedFor: 1000,
    prior: null,
    correction: 'holm',
    plannedUnits: null,
  } as const;

  it('are read from files with times, and a gain of the first day is no KEEP', async () => {
    const { data } = await file(1);
    const { checks, metrics, verdicts } = analyseExperiment(data, rules);
    expect(checks.find(({ name }) => name === 'alike-before')?.passed).toBe(true);
    const { novelty, outcome } = metrics[0].comparisons[0];
    expect(outcome).toBe('better');
    expect(novelty).toMatchObject({ outcome: 'fades', lateFromDay: 2 });
    expect(novelty?.windows[0].lift).toBeGreaterThan(0.4);
    expect(verdicts[0].verdict).toBe('EXTEND');
  });

  it('are left alone where the variants had differed before', async () => {
    const { checks, verdicts } = analyseExperiment((await file(1.2)).data, rules);
    expect(checks.find(({ name }) => name === 'alike-before')?.passed).toBe(false);
    expect(verdicts[0]).toMatchObject({ verdict: 'EXTEND' });
    expect(verdicts[0].reasons.join()).toContain('differed before');
  });
});
