import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { analyzeExperiment } from '../../../src/agents/operations/analyze-experiment.js';
import { writeTable } from '../../../src/data/index.js';
import { differenceOf, estimatePair } from '../../../src/experiments/index.js';
import { exitCodeOf, isAutoModelError, Rng } from '../../../src/platform/index.js';
import {
  ExperimentAnalyzeResult,
  MetricDefinition,
  type ExperimentAnalyzeOptions,
  type OperationIo,
  type Warning,
} from '../../../src/schema/index.js';
import { momentsOf } from '../../experiments/numbers.js';

const folder = mkdtempSync(join(tmpdir(), 'automodel-experiment-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;

function csv(rows: readonly (readonly (string | number)[])[]): string {
  const path = join(folder, `table-${(files += 1)}.csv`);
  writeFileSync(path, rows.map((row) => row.join(',')).join('\n') + '\n');
  return path;
}

async function analyze(
  options: Omit<ExperimentAnalyzeOptions, 'definitions'> & { definitions?: object[] },
): Promise<{
  result: ExperimentAnalyzeResult;
  warnings: Warning[];
  codes: string[];
}> {
  const warnings: Warning[] = [];
  const io: OperationIo = {
    onProgress: () => undefined,
    warn: (warning) => void warnings.push(warning),
    signal: new AbortController().signal,
    ask: undefined,
    renderReport: async () => '',
  };
  const definitions = (options.definitions ?? []).map((one) => MetricDefinition.parse(one));
  const result = await analyzeExperiment({ ...options, definitions }, io);
  expect(ExperimentAnalyzeResult.parse(JSON.parse(JSON.stringify(result)))).toEqual(
    JSON.parse(JSON.stringify(result)),
  );
  return { result, warnings, codes: warnings.map(({ code }) => code) };
}

async function refused(
  options: Parameters<typeof analyze>[0],
  code: string,
  message: RegExp,
  exitCode = 3,
): Promise<void> {
  const error: unknown = await analyze(options).then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(isAutoModelError(error) ? `${error.code}: ${error.message}` : error).toMatch(
    new RegExp(`^${code}: `),
  );
  expect((error as Error).message).toMatch(message);
  expect(exitCodeOf(error)).toBe(exitCode);
  if (isAutoModelError(error)) expect(error.remedy).toBeTruthy();
}

interface User {
  readonly id: string;
  readonly arm: 'old' | 'new';
  readonly exposed: number;
  readonly clicks: number;
  readonly views: number;
  readonly clicksBefore: number;
  readonly viewsBefore: number;
}

const start = 1_776_000_000;
const users: readonly User[] = Array.from({ length: 400 }, (_, i) => {
  const rng = new Rng(['experiment', i]);
  const habit = Math.exp(0.5 * rng.normal());
  const arm = rng.next() < 0.5 ? 'old' : 'new';
  return {
    id: `u${i}`,
    arm,
    exposed: start + rng.integer(86_400),
    clicks: Math.floor(habit * 3 * rng.next() * (arm === 'new' ? 1.6 : 1)),
    views: 2 + Math.floor(habit * 9 * rng.next()),
    clicksBefore: Math.floor(habit * 3 * rng.next()),
    viewsBefore: 1 + Math.floor(habit * 9 * rng.next()),
  };
});
const exposures = csv([
  ['user', 'variant', 'exposed_at'],
  ...users.map(({ id, arm, exposed }) => [id, arm, exposed]),
]);
const base = { exposures, unit: 'user', variant: 'variant', control: 'old' };

/** One row per click and per view, some seconds before or after exposure; nothing for users with none. */
function longRows(
  change: (row: (string | number)[]) => (string | number)[] = (row) => row,
): (string | number)[][] {
  return users.flatMap(({ id, exposed, clicks, views, clicksBefore, viewsBefore }) => [
    ...Array.from({ length: clicks }, (_, k) => change([id, 'clicks', 1, exposed + k])),
    ...Array.from({ length: views }, (_, k) => change([id, 'views', 1, exposed + k])),
    ...Array.from({ length: clicksBefore }, (_, k) => change([id, 'clicks', 1, exposed - 1 - k])),
    ...Array.from({ length: viewsBefore }, (_, k) => change([id, 'views', 1, exposed - 1 - k])),
  ]);
}
const long = csv([['user', 'metric', 'value', 'at'], ...longRows()]);
const columnsOf = (arm: User['arm'], ...names: (keyof User)[]): number[][] =>
  names.map((name) => users.filter((user) => user.arm === arm).map((user) => user[name] as number));
const clicks = { name: 'clicks', role: 'success' };

describe('the forms of the data', () => {
  const wide = csv([['user', 'clicks', 'views'], ...users.map((user) => [user.id, user.clicks, user.views])]);
  const sumOf = (values: readonly number[], power = 1): number =>
    values.reduce((sum, x) => sum + x ** power, 0);
  const sums = csv([
    ['variant', 'metric', 'n', 'sum', 'sum_squares'],
    ...(['old', 'new'] as const).flatMap((arm) => {
      const values = columnsOf(arm, 'clicks', 'views');
      return ['clicks', 'views'].map((name, i) => [
        arm,
        name,
        values[i].length,
        sumOf(values[i]),
        sumOf(values[i], 2),
      ]);
    }),
  ]);

  it('are kept for losing nothing only where that is the aim, and guardrails alone are named', async () => {
    const sums = csv([
      ['variant', 'metric', 'n', 'sum', 'sum_squares'],
      ['old', 'views', 20_000, 100_000, 600_000],
      ['new', 'views', 20_000, 100_100, 600_900],
    ]);
    const files = { exposures: sums, variant: 'variant', control: 'old' };
    const definitions = [{ name: 'views', role: 'guardrail', margin: 0.02 }];
    const aim = 'non-inferiority';
    const { result: kept } = await analyze({ ...files, definitions, aim });
    expect(kept.verdicts).toMatchObject([{ verdict: 'KEEP', reasons: ['shown safe: views'] }]);
    const { result: open } = await analyze({ ...files, definitions });
    expect(open.verdicts).toMatchObject([{ verdict: 'EXTEND' }]);
    const tight = [{ name: 'views', role: 'guardrail', margin: 0.001 }];
    const { result: unsafe } = await analyze({ ...files, definitions: tight, aim });
    expect(unsafe.verdicts).toMatchObject([{ verdict: 'EXTEND', reasons: ['not shown safe: views'] }]);
    await refused(
      { ...files, aim, definitions: [...definitions, { name: 'clicks', role: 'success' }] },
      'USAGE',
      /success/,
      2,
    );
    await refused({ ...files, aim }, 'USAGE', /guardrails, and none is named/, 2);
  });

  it('give one answer: long, wide, in one file, sums, Parquet', async () => {
    const definitions = [clicks, { name: 'views', role: 'guardrail', margin: 0.1 }];
    const { result } = await analyze({ ...base, metrics: long, definitions });
    expect(result.form).toBe('long');
    const [control, treatment] = [
      momentsOf(columnsOf('old', 'clicks')),
      momentsOf(columnsOf('new', 'clicks')),
    ];
    const pair = estimatePair(control, treatment, { kind: 'mean' });
    const expected = differenceOf(pair.control, pair.treatment, 'relative');
    const got = result.metrics[0].comparisons[0].relative;
    expect(got?.estimate).toBeCloseTo(expected.estimate, 10);
    expect(got?.se).toBeCloseTo(expected.se, 10);

    const oneFile = csv([
      ['user', 'variant', 'country', 'clicks', 'views'],
      ...users.map((user) => [user.id, user.arm, 'DE', user.clicks, user.views]),
    ]);
    const oneLong = csv([
      ['user', 'variant', 'metric', 'value', 'at'],
      ...users.flatMap(({ id, arm, clicks: value, views, exposed }) => [
        [id, arm, 'clicks', value, exposed],
        [id, arm, 'views', views, exposed + 5],
      ]),
    ]);
    const parquet = join(folder, 'metrics.parquet');
    await writeTable(parquet, [
      { name: 'user', values: users.map(({ id }) => id) },
      { name: 'clicks', values: Int32Array.from(users, (user) => user.clicks) },
      { name: 'views', values: Float64Array.from(users, (user) => user.views) },
    ]);
    const others = [
      { ...base, metrics: wide },
      { ...base, metrics: parquet },
      { ...base, exposures: oneFile },
      { ...base, exposures: oneFile, metrics: oneFile },
      { ...base, exposures: oneLong },
      { exposures: sums, variant: 'variant', control: 'old' },
      { ...base, metrics: sums },
    ];
    for (const options of others) {
      const other = await analyze({ ...options, definitions });
      expect(other.result.arms).toEqual(result.arms);
      expect(other.result.verdicts).toEqual(result.verdicts);
      other.result.metrics.forEach(({ comparisons }, i) => {
        const mine = result.metrics[i].comparisons[0];
        expect(comparisons[0].p).toBeCloseTo(mine.p ?? -1, 9);
        expect(comparisons[0].relative?.se).toBeCloseTo(mine.relative?.se ?? -1, 9);
        expect(comparisons[0].guardrail?.bound ?? 0).toBeCloseTo(mine.guardrail?.bound ?? 0, 9);
      });
    }
  });

  it('take every metric for a success metric when none is named, and say so', async () => {
    const { result, codes } = await analyze({ ...base, metrics: long });
    expect(result.metrics.map(({ name, role }) => [name, role])).toEqual([
      ['clicks', 'success'],
      ['views', 'success'],
    ]);
    expect(codes).toContain('METRICS_ASSUMED');
    expect(codes).toContain('ONE_LOOK');
    expect((await analyze({ ...base, metrics: long, sequential: true })).codes).not.toContain('ONE_LOOK');
  });

  it('give the published figures from sums', async () => {
    const published = csv([
      ['variant', 'metric', 'n', 'sum', 'sum_squares'],
      ['a', 'revenue', 3407, 1396.87, 52377.9767],
      ['b', 'revenue', 3461, 2422.7, 134698.29],
      ['a', 'bought', 3407, 1396, ''],
      ['b', 'bought', 3461, 2422, ''],
    ]);
    const { result } = await analyze({
      exposures: published,
      variant: 'variant',
      control: 'a',
      definitions: [
        { name: 'revenue', role: 'success' },
        { name: 'bought', role: 'watched', kind: 'proportion' },
      ],
    });
    const { relative, absolute, judgedOn, p } = result.metrics[0].comparisons[0];
    expect(relative?.estimate).toBeCloseTo(0.70732, 5);
    expect(relative?.fixedHorizon.ci[0]).toBeCloseTo(-0.03526, 5);
    expect(relative?.fixedHorizon.ci[1]).toBeCloseTo(1.44989, 5);
    expect(absolute?.fixedHorizon.p).toBeCloseTo(0.02016, 5);
    expect(relative?.fixedHorizon.p).toBeCloseTo(0.06191, 5);
    // the control errs by 16 % of its value, so no lift is judged by it
    expect([judgedOn, p]).toEqual(['absolute', absolute?.fixedHorizon.p]);
    expect(result.metrics[1].arms[0].value).toBeCloseTo(1396 / 3407, 12);
  });
});

describe('metric kinds', () => {
  it('ratio, CUPED by the own past, and a ratio with its own past agree with the moments of the values', async () => {
    const { result } = await analyze({
      ...base,
      metrics: long,
      definitions: [
        { ...clicks, cuped: true },
        { name: 'ctr', role: 'success', kind: 'ratio', of: 'clicks', denominator: 'views' },
        { name: 'ctr2', role: 'success', kind: 'ratio', of: 'clicks', denominator: 'views', cuped: true },
      ],
    });
    const estimands = [
      { columns: ['clicks', 'clicksBefore'], estimand: { kind: 'mean', covariate: 1 } },
      { columns: ['clicks', 'views'], estimand: { kind: 'ratio', denominator: 1 } },
      {
        columns: ['clicks', 'views', 'clicksBefore', 'viewsBefore'],
        estimand: { kind: 'ratio', denominator: 1, covariate: 2, covariateDenominator: 3 },
      },
    ] as const;
    estimands.forEach(({ columns, estimand }, i) => {
      const pair = estimatePair(
        momentsOf(columnsOf('old', ...columns)),
        momentsOf(columnsOf('new', ...columns)),
        estimand,
      );
      const expected = differenceOf(pair.control, pair.treatment, 'absolute');
      const { absolute, covariate } = result.metrics[i].comparisons[0];
      expect(absolute?.estimate).toBeCloseTo(expected.estimate, 10);
      expect(absolute?.se).toBeCloseTo(expected.se, 10);
      expect(covariate === null).toBe(pair.theta === null);
      if (pair.theta !== null) expect(covariate?.theta).toBeCloseTo(pair.theta, 10);
    });
    expect(result.metrics[0].comparisons[0].covariate?.varianceRemoved).toBeGreaterThan(0.05);
  });

  it('the same covariates in the sums form', async () => {
    const header = [
      'variant',
      'metric',
      'n',
      'sum',
      'sum_squares',
      'denominator_sum',
      'denominator_sum_squares',
      'covariate_sum',
    ];
    const more = ['covariate_sum_squares', 'covariate_denominator_sum', 'covariate_denominator_sum_squares'];
    const crossed = [
      'value_denominator_product',
      'value_covariate_product',
      'value_covariate_denominator_product',
      'denominator_covariate_product',
      'denominator_covariate_denominator_product',
      'covariate_covariate_denominator_product',
    ];
    const rows = (['old', 'new'] as const).map((arm) => {
      const columns = columnsOf(arm, 'clicks', 'views', 'clicksBefore', 'viewsBefore');
      const dot = (i: number, j: number): number =>
        columns[i].reduce((sum, x, k) => sum + x * columns[j][k], 0);
      const sum = (i: number): number => columns[i].reduce((total, x) => total + x, 0);
      const singles = [0, 1, 2, 3].flatMap((i) => [sum(i), dot(i, i)]);
      return [
        arm,
        'clicks',
        columns[0].length,
        ...singles,
        dot(0, 1),
        dot(0, 2),
        dot(0, 3),
        dot(1, 2),
        dot(1, 3),
        dot(2, 3),
      ];
    });
    const definition = { ...clicks, kind: 'ratio', denominator: 'views', cuped: true };
    const sums = csv([[...header, ...more, ...crossed], ...rows]);
    const fromSums = await analyze({
      exposures: sums,
      variant: 'variant',
      control: 'old',
      definitions: [definition],
    });
    const fromRows = await analyze({ ...base, metrics: long, definitions: [definition] });
    const [a, b] = [fromSums, fromRows].map(({ result }) => result.metrics[0].comparisons[0]);
    expect(a.relative?.estimate).toBeCloseTo(b.relative?.estimate ?? -1, 9);
    expect(a.relative?.se).toBeCloseTo(b.relative?.se ?? -1, 9);
    expect(a.covariate?.theta).toBeCloseTo(b.covariate?.theta ?? -1, 9);
  });

  it('a covariate without values from before exposure is left out, and that is said', async () => {
    const rows = csv([
      ['user', 'metric', 'value', 'at'],
      ...longRows(),
      ...users.map(({ id, exposed }, i) => [id, 'age', i % 50, exposed + 1]),
    ]);
    const late = await analyze({ ...base, metrics: rows, definitions: [{ ...clicks, covariate: 'age' }] });
    const plain = await analyze({ ...base, metrics: rows, definitions: [clicks] });
    expect(late.codes).toContain('COVARIATE_UNUSED');
    expect(plain.codes).not.toContain('COVARIATE_UNUSED');
    const [x, y] = [late, plain].map(({ result }) => result.metrics[0].comparisons[0]);
    expect(x.covariate).toBeNull();
    expect(x.relative?.se).toBeCloseTo(y.relative?.se ?? -1, 10);
    const early = await analyze({ ...base, metrics: long, definitions: [{ ...clicks, covariate: 'views' }] });
    expect(early.codes).not.toContain('COVARIATE_UNUSED');
    expect(early.result.metrics[0].comparisons[0].covariate).not.toBeNull();
  });

  it('a proportion counts units above zero', async () => {
    const { result } = await analyze({
      ...base,
      metrics: long,
      definitions: [{ ...clicks, kind: 'proportion' }],
    });
    const old = columnsOf('old', 'clicks')[0];
    const share = old.filter((x) => x > 0).length / old.length;
    expect(result.metrics[0].arms[0].value).toBeCloseTo(share, 12);
    expect(result.metrics[0].arms[0].sd).toBeCloseTo(Math.sqrt(share * (1 - share)), 12);
  });

  it('missing values are zeros, or leave their unit out', async () => {
    const rows = [
      ['user', 'variant', 'rating'],
      ['a', 'old', 4],
      ['b', 'old', 2],
      ['c', 'old', ''],
      ['d', 'new', 5],
      ['e', 'new', 4],
      ['f', 'new', ''],
    ];
    const rating = { name: 'rating', role: 'success' };
    const options = { ...base, exposures: csv(rows) };
    const zeros = await analyze({ ...options, definitions: [rating] });
    expect(zeros.result.metrics[0].arms.map(({ units, value }) => [units, value])).toEqual([
      [3, 2],
      [3, 3],
    ]);
    const out = await analyze({ ...options, definitions: [{ ...rating, missing: 'leave-out' }] });
    expect(out.result.metrics[0].arms.map(({ units, value }) => [units, value])).toEqual([
      [2, 3],
      [2, 4.5],
    ]);
  });

  it('retention counts the units that came back in their window, and not those whose window is open', async () => {
    const day = 86_400;
    const at = [0, 0, 0, 0, 0, 0].map((_, i) => start + (i >= 4 ? 5 * day : 0));
    const seen = csv([
      ['user', 'variant', 'at'],
      ...['a', 'b', 'c', 'd', 'e', 'f'].map((id, i) => [id, i % 2 === 0 ? 'old' : 'new', at[i]]),
    ]);
    const visits = csv([
      ['user', 'metric', 'value', 'at'],
      ['a', 'visit', 1, start + 1 * day],
      ['b', 'visit', 1, start + 3 * day - 1],
      ['c', 'visit', 1, start + 3 * day],
      ['d', 'visit', 1, start - day],
      ['d', 'other', 1, start + 7 * day],
      ['e', 'visit', 1, start + 6 * day],
    ]);
    const { result, warnings } = await analyze({
      ...base,
      exposures: seen,
      metrics: visits,
      definitions: [{ name: 'back', role: 'success', kind: 'retention', of: 'visit', days: [1, 3] }],
    });
    expect(result.metrics[0].arms.map(({ units, value }) => [units, value])).toEqual([
      [2, 0.5],
      [2, 0.5],
    ]);
    expect(warnings.find(({ code }) => code === 'WINDOW_OPEN')?.message).toMatch(/2 units/);
  });

  it('a quantile errs by users, not by rows', async () => {
    // Every row of a user is the same, so there are 150 values an arm, not 1,500.
    const rng = new Rng(4);
    const people = Array.from({ length: 300 }, (_, i) => ({
      id: `p${i}`,
      arm: i % 2 === 0 ? 'old' : 'new',
      wait: Math.exp(rng.normal()),
    }));
    const seen = csv([['user', 'variant'], ...people.map(({ id, arm }) => [id, arm])]);
    const rows = (copies: number): string =>
      csv([
        ['user', 'metric', 'value'],
        ...people.flatMap(({ id, wait }) => Array.from({ length: copies }, () => [id, 'wait', wait])),
      ]);
    const definitions = [{ name: 'wait', role: 'watched', kind: 'quantile', quantile: 0.8 }];
    const [once, often] = await Promise.all(
      [1, 10].map((copies) => analyze({ ...base, exposures: seen, metrics: rows(copies), definitions })),
    );
    const [a, b] = [once, often].map(({ result }) => result.metrics[0].comparisons[0].absolute);
    expect((b?.se ?? 0) / (a?.se ?? 1)).toBeGreaterThan(0.9);
    expect((b?.se ?? 0) / (a?.se ?? 1)).toBeLessThan(1.1);
    // sqrt(p (1 − p) / n) / f(q) of a log-normal at its 80th percentile, both arms
    const z = 0.8416;
    const density = Math.exp(-(z * z) / 2) / Math.sqrt(2 * Math.PI) / Math.exp(z);
    const theory = Math.sqrt((2 * 0.16) / 150) / density;
    expect((a?.se ?? 0) / theory).toBeGreaterThan(0.65);
    expect((a?.se ?? 0) / theory).toBeLessThan(1.5);
  });
});

describe('segments', () => {
  const half = (i: number): string => (i % 4 === 0 ? 'tablet' : 'phone');
  const seen = (extra: (string | number)[][] = []): string =>
    csv([
      ['user', 'variant', 'device', 'exposed_at'],
      ...users.map(({ id, arm, exposed }, i) => [id, arm, i < 2 ? '' : half(i), exposed]),
      ...extra,
    ]);

  it('are read apart, largest first, as an analysis of their units alone would', async () => {
    const options = { ...base, metrics: long, definitions: [{ ...clicks, cuped: true }] };
    const { result } = await analyze({ ...options, exposures: seen(), segment: 'device' });
    expect(result.segments.map(({ column, value }) => [column, value])).toEqual([
      ['device', 'phone'],
      ['device', 'tablet'],
      ['device', '(none)'],
    ]);
    const total = result.segments.flatMap(({ arms }) => arms).reduce((sum, { units }) => sum + units, 0);
    expect(total).toBe(users.length);
    const phones = csv([
      ['user', 'variant', 'exposed_at'],
      ...users
        .filter((_, i) => i >= 2 && half(i) === 'phone')
        .map(({ id, arm, exposed }) => [id, arm, exposed]),
    ]);
    const alone = (await analyze({ ...options, exposures: phones })).result;
    const [phone] = result.segments;
    expect(phone.metrics[0].arms).toEqual(alone.metrics[0].arms);
    expect(phone.metrics[0].comparisons[0].relative).toEqual(alone.metrics[0].comparisons[0].relative);
    // two units cannot fill two arms
    expect(result.segments[2].metrics).toEqual([]);
    // and nothing of it touches the verdict
    const plain = (await analyze({ ...options, exposures: seen() })).result;
    expect(plain.segments).toEqual([]);
    expect(plain.verdicts).toEqual(result.verdicts);
    expect(plain.metrics).toEqual(result.metrics);
  });

  it('share one error level', async () => {
    const { result } = await analyze({
      ...base,
      exposures: seen(),
      metrics: long,
      definitions: [clicks],
      segment: 'device',
    });
    const tested = result.segments.flatMap(({ metrics }) =>
      metrics.flatMap(({ comparisons }) => comparisons),
    );
    expect(tested).toHaveLength(2);
    const least = Math.min(...tested.map(({ p }) => p ?? 1));
    expect(Math.min(...tested.map(({ adjustedP }) => adjustedP ?? 1))).toBeCloseTo(2 * least, 12);
  });

  it('are refused when they are too many, not there, or asked of sums', async () => {
    const options = { ...base, exposures: seen(), metrics: long, definitions: [clicks] };
    await refused({ ...options, segment: 'exposed_at' }, 'USAGE', /more than 20 segments/, 2);
    await refused({ ...options, segment: 'land' }, 'UNKNOWN_COLUMN', /no column "land"/, 2);
    const sums = csv([
      ['variant', 'metric', 'n', 'sum', 'sum_squares', 'device'],
      ['old', 'x', 9, 9, 12, 'a'],
      ['new', 'x', 9, 9, 12, 'a'],
    ]);
    await refused(
      { exposures: sums, variant: 'variant', control: 'old', segment: 'device' },
      'USAGE',
      /Sums/,
      2,
    );
  });
});

describe('what is left out', () => {
  it('units in two variants: counted, named by row, excluded; too many block the verdict', async () => {
    const twice = (count: number): string =>
      csv([
        ['user', 'variant', 'exposed_at'],
        ...users.map(({ id, arm, exposed }) => [id, arm, exposed]),
        ...users
          .slice(5, 5 + count)
          .map(({ id, arm, exposed }) => [id, arm === 'old' ? 'new' : 'old', exposed + 9]),
      ]);
    const few = await analyze({ ...base, exposures: twice(3), metrics: long, definitions: [clicks] });
    expect(few.result.leftOut.unitsInSeveralVariants).toBe(3);
    expect(few.result.leftOut.examples).toEqual(
      [6, 7, 8].map((row) => expect.stringMatching(new RegExp(`csv, row ${row}$`))),
    );
    expect(few.result.arms.reduce((sum, { units }) => sum + units, 0)).toBe(397);
    expect(few.codes).toContain('UNITS_IN_SEVERAL_VARIANTS');
    const check = (result: ExperimentAnalyzeResult) =>
      result.checks.find(({ name }) => name === 'one-variant-per-unit');
    expect(check(few.result)).toMatchObject({ passed: true });
    const many = await analyze({ ...base, exposures: twice(20), metrics: long, definitions: [clicks] });
    expect(check(many.result)).toMatchObject({ passed: false });
    expect(many.result.verdicts[0].verdict).toBe('EXTEND');
    // raw ids stay in the data
    expect(JSON.stringify([many.result, many.warnings])).not.toMatch(/u\d/);
  });

  it('exposures without unit or variant, rows of strangers, values before exposure', async () => {
    const seen = csv([
      ['user', 'variant', 'exposed_at'],
      ...users.map(({ id, arm, exposed }) => [id, arm, exposed]),
      ['', 'old', start],
      ['u1', '', start],
    ]);
    const rows = csv([
      ['user', 'metric', 'value', 'at'],
      ...longRows(),
      ['stranger', 'clicks', 5, start],
      ['stranger', 'views', 5, start],
    ]);
    const { result, codes } = await analyze({
      ...base,
      exposures: seen,
      metrics: rows,
      definitions: [clicks],
    });
    const before = users.reduce((sum, { clicksBefore }) => sum + clicksBefore, 0);
    expect(result.leftOut).toMatchObject({
      exposureRowsWithoutUnitOrVariant: 2,
      metricRowsOfUnexposedUnits: 2,
      metricRowsBeforeExposure: before,
    });
    expect(codes).toEqual(
      expect.arrayContaining(['EXPOSURES_BLANK', 'UNITS_NEVER_EXPOSED', 'VALUES_BEFORE_EXPOSURE']),
    );
    const old = columnsOf('old', 'clicks')[0];
    expect(result.metrics[0].arms[0].value).toBeCloseTo(old.reduce((sum, x) => sum + x, 0) / old.length, 10);
    // without times of exposure the past is counted, and that is said
    const untimed = csv([['user', 'variant'], ...users.map(({ id, arm }) => [id, arm])]);
    const all = await analyze({ ...base, exposures: untimed, metrics: long, definitions: [clicks] });
    expect(all.result.metrics[0].arms[0].value ?? 0).toBeGreaterThan(result.metrics[0].arms[0].value ?? 0);
    expect(all.codes).toContain('TIMES_UNUSED');
  });

  it('values before exposure in wide form too, where its rows have times', async () => {
    const rows = csv([
      ['user', 'clicks', 'at'],
      ...longRows()
        .filter(([, metric]) => metric === 'clicks')
        .map(([id, , value, at]) => [id, value, at]),
    ]);
    const [wide, plain] = [
      await analyze({ ...base, metrics: rows, definitions: [{ ...clicks, cuped: true }] }),
      await analyze({ ...base, metrics: long, definitions: [{ ...clicks, cuped: true }] }),
    ];
    expect(wide.result.form).toBe('wide');
    expect(wide.result.metrics).toEqual(plain.result.metrics);
    expect(wide.result.leftOut.metricRowsBeforeExposure).toBeGreaterThan(0);
  });

  it('nothing, when times are written in another way or keys in another type', async () => {
    const iso = (seconds: number): string => new Date(seconds * 1000).toISOString();
    const seen = csv([
      ['user', 'variant', 'seen'],
      ...users.map(({ id, arm, exposed }) => [id.slice(1), arm, iso(exposed)]),
    ]);
    const numbered = join(folder, 'numbered.parquet');
    const rows = longRows();
    await writeTable(numbered, [
      { name: 'user', values: Float64Array.from(rows, ([id]) => Number(String(id).slice(1))) },
      { name: 'metric', values: rows.map(([, metric]) => String(metric)) },
      { name: 'value', values: Float64Array.from(rows, ([, , value]) => Number(value)) },
      { name: 'at', values: Float64Array.from(rows, ([, , , at]) => Number(at) * 1000), integer: true },
    ]);
    const plain = await analyze({ ...base, metrics: long, definitions: [clicks] });
    // a month's end is one day from the next month's first day
    const days = csv([
      ['user', 'variant', 'at'],
      ...['a', 'b', 'c', 'd'].map((id, i) => [id, i % 2 === 0 ? 'old' : 'new', 20_260_430]),
    ]);
    const visits = csv([
      ['user', 'metric', 'value', 'at'],
      ['a', 'visit', 1, 20_260_501],
      ['b', 'visit', 1, 20_260_509],
    ]);
    const back = { name: 'back', role: 'watched', kind: 'retention', of: 'visit', days: [1, 3] };
    const monthly = await analyze({ ...base, exposures: days, metrics: visits, definitions: [back] });
    expect(monthly.result.metrics[0].arms.map(({ value }) => value)).toEqual([0.5, 0]);
    const other = await analyze({
      ...base,
      exposures: seen,
      metrics: numbered,
      exposedAt: 'seen',
      definitions: [clicks],
    });
    expect(other.result).toEqual(plain.result);
  });
});

describe('names that are hostile', () => {
  it('stay names', async () => {
    const arm = `'; DROP TABLE units; --`;
    const metric = `__proto__`;
    const path = join(folder, 'hostile.csv');
    const rows = users.map(
      ({ id, arm: own, clicks: value }) => `${id},"${own === 'old' ? arm : '<script>'}",${value}`,
    );
    writeFileSync(path, [`"us""er","va'riant",${metric}`, ...rows].join('\n'));
    const { result } = await analyze({
      exposures: path,
      unit: 'us"er',
      variant: `va'riant`,
      control: arm,
      weights: { [arm]: 1, '<script>': 1 },
      definitions: [{ name: `m' OR 1=1`, of: metric, role: 'success' }],
    });
    expect(result.arms.map(({ variant }) => variant)).toEqual([arm, '<script>']);
    expect(result.metrics[0].name).toBe(`m' OR 1=1`);
  });
});

describe('what is refused', () => {
  const withRows = (...rows: (string | number)[][]): string =>
    csv([['user', 'metric', 'value', 'at'], ...longRows(), ...rows]);
  const metrics = long;
  const definitions = [clicks];

  it('a control, column, metric or file that is not there', async () => {
    await refused(
      { ...base, control: 'olt', metrics, definitions },
      'USAGE',
      /No unit of .* control "olt"/,
      2,
    );
    await refused({ ...base, variant: 'arm', metrics, definitions }, 'UNKNOWN_COLUMN', /no column "arm"/, 2);
    await refused({ ...base, unit: 'id', metrics, definitions }, 'UNKNOWN_COLUMN', /no column "id"/, 2);
    await refused({ ...base, unit: undefined, metrics, definitions }, 'USAGE', /names the unit/, 2);
    await refused(
      { ...base, exposedAt: 'when', metrics, definitions },
      'UNKNOWN_COLUMN',
      /no column "when"/,
      2,
    );
    await refused(
      { ...base, metrics, definitions: [{ ...clicks, of: 'likes' }] },
      'UNKNOWN_COLUMN',
      /no metric "likes"/,
      2,
    );
    await refused({ ...base, metrics: join(folder, 'none.csv'), definitions }, 'FILE_NOT_FOUND', /none\.csv/);
  });

  it('variants without units, alone, without a weight, or far too many', async () => {
    await refused(
      { ...base, metrics, definitions, weights: { old: 1, new: 1, newer: 1 } },
      'EXPERIMENT_INVALID',
      /"newer" has no units/,
    );
    await refused({ ...base, metrics, definitions, weights: { old: 1 } }, 'USAGE', /"new" has no weight/, 2);
    const alone = csv([
      ['user', 'variant'],
      ['a', 'old'],
      ['b', 'old'],
    ]);
    await refused(
      { ...base, exposures: alone, metrics, definitions },
      'EXPERIMENT_INVALID',
      /no variant beside "old"/,
    );
    const crossed = csv([
      ['user', 'variant'],
      ['a', 'old'],
      ['b', 'old'],
      ['c', 'new'],
      ['c', 'old'],
    ]);
    await refused(
      { ...base, exposures: crossed, metrics, definitions },
      'EXPERIMENT_INVALID',
      /"new" has no units/,
    );
    await refused(
      { ...base, variant: 'exposed_at', metrics, definitions },
      'USAGE',
      /more than 50 variants/,
      2,
    );
  });

  it('values that are no finite numbers, by row', async () => {
    const last = longRows().length + 1;
    for (const bad of ['inf', 'nan', 'many', '1e300'])
      await refused(
        { ...base, metrics: withRows(['u1', 'clicks', bad, start]), definitions },
        'EXPERIMENT_INVALID',
        new RegExp(`row ${last}: column value is no finite number`),
      );
    // of a metric that is not used
    await analyze({ ...base, metrics: withRows(['u1', 'likes', 'many', start]), definitions });
  });

  it('times that are none, or on two scales', async () => {
    await refused(
      { ...base, metrics: withRows(['u1', 'clicks', 1, 'soon']), definitions },
      'TIME_UNPARSABLE',
      /no time/,
    );
    await refused(
      { ...base, metrics: withRows(['u1', 'clicks', 1, '']), definitions },
      'TIME_UNPARSABLE',
      /row \d+/,
    );
    const steps = csv([['user', 'variant', 'exposed_at'], ...users.map(({ id, arm }) => [id, arm, 3])]);
    await refused({ ...base, exposures: steps, metrics, definitions }, 'EXPERIMENT_INVALID', /one scale/);
  });

  it.each([
    ['a guardrail without a margin', { role: 'guardrail' }, /without a margin/],
    ['a success metric with one', { margin: 0.1 }, /no guardrail/],
    ['a guardrail with a minimum', { role: 'guardrail', margin: 0.1, minimum: 0.1 }, /minimum/],
    ['a ratio without a denominator', { kind: 'ratio' }, /without a denominator/],
    ['a mean with one', { denominator: 'views' }, /no ratio/],
    ['a quantile without a level', { kind: 'quantile' }, /without a level/],
    ['a mean with a level', { quantile: 0.5 }, /no quantile/],
    ['retention without days', { kind: 'retention' }, /without days/],
    ['retention that ends before it begins', { kind: 'retention', days: [7, 7] }, /ends before/],
    ['two covariates', { cuped: true, covariate: 'views' }, /two covariates/],
    ['a quantile with a covariate', { kind: 'quantile', quantile: 0.5, cuped: true }, /no covariate/],
    ['a denominator of no covariate', { covariateDenominator: 'views' }, /no covariate/],
  ])('%s', async (_, change, message) => {
    await refused({ ...base, metrics, definitions: [{ ...clicks, ...change }] }, 'USAGE', message, 2);
  });

  it('a name twice, a past without times, retention without times, too few units', async () => {
    await refused({ ...base, metrics, definitions: [clicks, clicks] }, 'USAGE', /twice/, 2);
    const untimed = csv([['user', 'variant'], ...users.map(({ id, arm }) => [id, arm])]);
    const options = { ...base, exposures: untimed, metrics };
    await refused({ ...options, definitions: [{ ...clicks, cuped: true }] }, 'USAGE', /no past/, 2);
    await refused(
      { ...options, definitions: [{ ...clicks, kind: 'retention', days: [1, 2] }] },
      'USAGE',
      /needs times/,
      2,
    );
    const few = csv([
      ['user', 'variant', 'x'],
      ['a', 'old', 1],
      ['b', 'old', 2],
      ['c', 'new', 3],
    ]);
    await refused(
      { ...base, exposures: few, definitions: [{ name: 'x', role: 'success' }] },
      'EXPERIMENT_INVALID',
      /fewer than two units in variant "new"/,
    );
    await refused({ ...base, metrics, definitions, alpha: 0.7 }, 'USAGE', /0\.7/, 2);
  });

  it('sums that are none', async () => {
    const header = ['variant', 'metric', 'n', 'sum', 'sum_squares'];
    const from = (...rows: (string | number)[][]) => ({
      exposures: csv([header, ...rows]),
      variant: 'variant',
      control: 'a',
      definitions: [{ name: 'x', role: 'success' }],
    });
    await refused(
      from(['a', 'x', 10, 10, 20], ['b', 'x', 10, 10, 5]),
      'EXPERIMENT_INVALID',
      /x of b: a sum of squares is too small/,
    );
    await refused(
      from(['a', 'x', 10, 10, 20], ['a', 'x', 10, 10, 20]),
      'EXPERIMENT_INVALID',
      /row 2: a second row/,
    );
    await refused(
      from(['a', 'x', 10, 10, 20], ['b', '', 10, 10, 20]),
      'EXPERIMENT_INVALID',
      /row 2: no variant or metric/,
    );
    await refused(
      from(['a', 'x', 10, 10, 20], ['b', 'y', 10, 10, 20]),
      'UNKNOWN_COLUMN',
      /no row of metric "x" and variant "b"/,
      2,
    );
    await refused(from(['a', 'x', 10, 10, ''], ['b', 'x', 10, 10, 20]), 'UNKNOWN_COLUMN', /sum_squares/, 2);
    await refused(
      from(['a', 'x', 10, 'inf', 20], ['b', 'x', 10, 10, 20]),
      'EXPERIMENT_INVALID',
      /row 1: column sum/,
    );
    await refused(from(['a', 'x', 1, 10, 100], ['b', 'x', 10, 10, 20]), 'EXPERIMENT_INVALID', /1 units/);
    const rate = { name: 'x', role: 'success', kind: 'proportion' };
    await refused(
      { ...from(['a', 'x', 10, 12, ''], ['b', 'x', 10, 5, '']), definitions: [rate] },
      'EXPERIMENT_INVALID',
      /proportion of 1\.2/,
    );
    const quantile = { name: 'x', role: 'success', kind: 'quantile', quantile: 0.5 };
    await refused(
      { ...from(['a', 'x', 10, 10, 20], ['b', 'x', 10, 10, 20]), definitions: [quantile] },
      'USAGE',
      /sums cannot/,
      2,
    );
  });
});
