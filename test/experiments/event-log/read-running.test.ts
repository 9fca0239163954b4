import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeTable } from '../../../src/data/index.js';
import { assignUnit, differenceOf, readRunning, type ReadRunning } from '../../../src/experiments/index.js';
import { Rng } from '../../../src/platform/index.js';
import type {
  ExperimentRecordInput,
  ExperimentState,
  ServedEvent,
  Warning,
} from '../../../src/schema/index.js';
import { momentsOf } from '../numbers.js';
import { recordOf } from '../support.js';

const folder = mkdtempSync(join(tmpdir(), 'automodel-event-log-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const day = 86_400_000;
const begin = Date.UTC(2026, 0, 5);

function stateOf(members: Partial<ExperimentRecordInput>, shares: readonly number[]): ExperimentState {
  const record = recordOf(members);
  return {
    record,
    status: 'running',
    step: 0,
    epochs: shares.map((share, epoch) => ({
      share,
      fromMs: begin + epoch * day,
      toMs: epoch < shares.length - 1 ? begin + (epoch + 1) * day : null,
    })),
    looks: [],
    overrides: record.overrides,
    ended: null,
  };
}

let written = 0;
function fileOf(events: readonly ServedEvent[]): string {
  const path = join(folder, `events-${(written += 1)}.jsonl`);
  writeFileSync(path, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  return path;
}

let ids = 0;
const event = (
  user: string,
  kind: string,
  atMs: number,
  members: Partial<ServedEvent> = {},
): ServedEvent => ({
  id: `e${(ids += 1)}`,
  user,
  kind,
  atMs,
  ...members,
});
const exposure = (user: string, variant: string, atMs: number, more: object = {}): ServedEvent =>
  event(user, 'exposure', atMs, { more: { experiment: 'faster', variant, ...more } });

const read = async (state: ExperimentState, path: string): Promise<ReadRunning & { warnings: Warning[] }> => {
  const warnings: Warning[] = [];
  const answer = await readRunning(
    state,
    path,
    begin,
    (one) => warnings.push(one),
    new AbortController().signal,
  );
  return { ...answer, warnings };
};

const clicks = { name: 'clicks', of: 'click', role: 'success' } as const;
const moments = (answer: ReadRunning, metric: number, arm: number, epoch = 0) => {
  const measure = answer.epochs[epoch].metrics?.[metric].arms[arm];
  if (measure?.kind !== 'moments') throw new Error('no moments');
  return measure.moments;
};

describe('an experiment read off its events', () => {
  const users = ['a', 'b', 'c', 'd', 'e', 'f'];
  const variantOf = (index: number): string => (index < 3 ? 'control' : 'new');
  const plain = users.map((user, i) => exposure(user, variantOf(i), begin + 1000));

  it('counts, sums, and asks whether any, from the exposure on; what was before is the past', async () => {
    const state = stateOf(
      {
        measures: {
          watched: { event: 'watch', aggregate: 'sum' },
          buyers: { event: 'purchase', aggregate: 'any' },
        },
        metrics: [
          { ...clicks, cuped: true },
          { name: 'watched', role: 'watched' },
          { name: 'buyers', role: 'watched' },
          { name: 'share', of: 'click', role: 'watched', kind: 'proportion' },
          { name: 'rate', of: 'click', denominator: 'view', kind: 'ratio', role: 'watched' },
        ],
      },
      [0.5],
    );
    const events = [
      ...plain,
      event('a', 'click', begin - 5000),
      event('b', 'click', begin - 5000),
      event('b', 'click', begin - 6000),
      event('a', 'click', begin + 2000),
      event('a', 'click', begin + 3000),
      event('d', 'click', begin + 1000),
      event('d', 'watch', begin + 4000, { value: 2.5 }),
      event('d', 'watch', begin + 5000, { value: 4 }),
      event('e', 'watch', begin + 500, { value: 100 }),
      event('f', 'purchase', begin + 1100),
      event('f', 'purchase', begin + 1200),
      ...users.map((user) => event(user, 'view', begin + 2000)),
      event('stranger', 'click', begin + 2000),
    ];
    const answer = await read(state, fileOf([...events, events[8]]));
    expect(answer.epochs[0].units).toEqual([3, 3]);
    const expected = momentsOf([
      [2, 0, 0],
      [1, 2, 0],
    ]);
    expect(moments(answer, 0, 0)).toEqual({
      n: 3,
      means: expected.means.map((mean) => expect.closeTo(mean, 12) as number),
      covariance: expected.covariance.map((row) => row.map((x) => expect.closeTo(x, 12) as number)),
    });
    expect(moments(answer, 0, 1).means).toEqual([expect.closeTo(1 / 3, 12), 0]);
    expect(moments(answer, 1, 1).means[0]).toBeCloseTo(6.5 / 3, 12);
    expect(moments(answer, 2, 1).means[0]).toBeCloseTo(1 / 3, 12);
    expect(moments(answer, 3, 0).means[0]).toBeCloseTo(1 / 3, 12);
    expect(moments(answer, 4, 0).means).toEqual([expect.closeTo(2 / 3, 12), 1]);
    expect(answer.units).toEqual([3, 3]);
    // exposures, and what they did since
    expect(answer.trafficSince).toBe(events.length - 4);
  });

  it('keeps to a surface that the event or the answer to its request names', async () => {
    const state = stateOf(
      { measures: { click: { event: 'click', surface: 'home' } }, metrics: [clicks] },
      [0.5],
    );
    const answer = await read(
      state,
      fileOf([
        ...plain,
        event('a', 'served', begin + 1000, { requestId: 'r1', more: { surface: 'home' } }),
        event('a', 'served', begin + 1000, { requestId: 'r2', more: { surface: 'mail' } }),
        event('a', 'click', begin + 2000, { requestId: 'r1' }),
        event('a', 'click', begin + 2000, { requestId: 'r2' }),
        event('a', 'click', begin + 2000, { more: { surface: 'home' } }),
        event('a', 'click', begin + 2000),
      ]),
    );
    expect(moments(answer, 0, 0).means[0]).toBeCloseTo(2 / 3, 12);
  });

  it('leaves out units that were set by hand, saw both arms, or belong to other experiments', async () => {
    const state = {
      ...stateOf({ metrics: [clicks], overrides: { a: 'new' } }, [0.5]),
      overrides: { a: 'new', b: 'new' },
    };
    const more = ['g', 'h', 'i', 'j'].map((user, i) =>
      exposure(user, i % 2 === 0 ? 'control' : 'new', begin + 1),
    );
    const answer = await read(
      state,
      fileOf([
        ...plain,
        ...more,
        exposure('c', 'new', begin + 5000),
        exposure('k', 'new', begin + 5000, { forced: true }),
        event('l', 'exposure', begin, { more: { experiment: 'other', variant: 'new' } }),
      ]),
    );
    expect(answer.epochs[0].units).toEqual([2, 5]);
    expect(answer.unitsInSeveralVariants).toBe(1);
    expect(answer.checks).toMatchObject([{ name: 'one-variant-per-unit', passed: false }]);
  });

  it('has nothing to compare while an arm is empty, and metrics that nobody touched are zero', async () => {
    const state = stateOf({ metrics: [clicks] }, [0.5]);
    const lonely = await read(state, fileOf(plain.slice(0, 3)));
    expect(lonely).toMatchObject({ combined: null, units: [3, 0] });
    expect(lonely.epochs[0].metrics).toBeNull();
    const quiet = await read(state, fileOf(plain));
    expect(moments(quiet, 0, 1).means).toEqual([0]);
  });

  it('reads Parquet of the same', async () => {
    const state = stateOf({ metrics: [clicks] }, [0.5]);
    const events = [...plain, event('a', 'click', begin + 2000)];
    const path = join(folder, 'events.parquet');
    await writeTable(path, [
      { name: 'id', values: events.map(({ id }) => id) },
      { name: 'user', values: events.map(({ user }) => user) },
      { name: 'kind', values: events.map(({ kind }) => kind) },
      { name: 'atMs', values: Float64Array.from(events, ({ atMs }) => atMs) },
      { name: 'more', values: events.map(({ more }) => JSON.stringify(more ?? {})) },
    ]);
    const answer = await read(state, path);
    expect(moments(answer, 0, 0).means[0]).toBeCloseTo(1 / 3, 12);
  });

  it('refuses files and measures that are none', async () => {
    const state = stateOf({ metrics: [clicks] }, [0.5]);
    const broken = join(folder, 'broken.jsonl');
    writeFileSync(broken, '{"id":"x","user":"u"}\n');
    await expect(read(state, broken)).rejects.toMatchObject({ code: 'EXPERIMENT_INVALID' });
    await expect(read(state, join(folder, 'none.jsonl'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' });
    const any = stateOf(
      {
        measures: { back: { event: 'click', aggregate: 'any' } },
        metrics: [{ name: 'back', role: 'watched', kind: 'retention', days: [1, 2] }],
      },
      [0.5],
    );
    await expect(read(any, fileOf(plain))).rejects.toThrow(/retention of "any"/);
  });
});

describe('epochs', () => {
  const users = Array.from({ length: 600 }, (_, user) => `user-${user}`);
  const shares = [0.1, 0.5];

  /** Two days; the second is three times as lively, and the treatment loses 20 %. Exposures once per arm, or once per epoch. */
  function twoDays(again: boolean): { state: ExperimentState; events: ServedEvent[] } {
    const state = stateOf({ metrics: [{ ...clicks, cuped: true }] }, shares);
    const rng = new Rng([4, 'two-days']);
    const events: ServedEvent[] = [];
    const told = new Set<string>();
    for (const [epoch, share] of shares.entries())
      for (const user of users) {
        const variant = assignUnit(state.record, share, user)?.variant ?? '';
        const at = begin + epoch * day + 1000 + rng.integer(1000);
        if (epoch === 0)
          for (let k = rng.integer(3); k > 0; k -= 1) events.push(event(user, 'click', begin - 1000));
        const key = again ? `${user} ${epoch}` : `${user} ${variant}`;
        events.push(event(user, 'served', at, { requestId: `r-${user}-${epoch}` }));
        if (!told.has(key)) events.push(exposure(user, variant, at, again ? { epoch } : {}));
        told.add(key);
        const mean = (epoch === 0 ? 4 : 12) * (variant === 'new' ? 0.8 : 1);
        for (let k = Math.round(mean + rng.normal()); k > 0; k -= 1)
          events.push(event(user, 'click', at + 5000 + k));
      }
    return { state, events };
  }

  it.each([true, false])('are read apart, with exposures told in every epoch: %s', async (again) => {
    const { state, events } = twoDays(again);
    const answer = await read(state, fileOf(events));
    const planned = shares.map((share) => {
      const treated = users.filter((user) => assignUnit(state.record, share, user)?.variant === 'new').length;
      return [users.length - treated, treated];
    });
    expect(answer.epochs.map(({ units }) => units)).toEqual(planned);
    expect(answer.unitsInSeveralVariants).toBe(0);
    expect(moments(answer, 0, 0, 0).means[0]).toBeCloseTo(4, 0);
    expect(moments(answer, 0, 1, 1).means[0]).toBeCloseTo(9.6, 0);
    // The past of both epochs is what was before the experiment.
    expect(moments(answer, 0, 1, 1).means[1]).toBeLessThan(1.3);

    const combined = answer.combined?.[0].arms ?? [];
    const [a, b] = combined.map((one) => (one.kind === 'estimate' ? one.estimate : undefined));
    if (a === undefined || b === undefined) throw new Error('not combined');
    const { estimate, se } = differenceOf(a, b, 'relative');
    expect(Math.abs(estimate + 0.2)).toBeLessThan(5 * se);
    // Naively pooled, the treatment lives in the lively epoch and looks better.
    const pooled = [0, 1].map((arm) => {
      const parts = [0, 1].map((epoch) => moments(answer, 0, arm, epoch));
      return (
        parts.reduce((sum, { n, means }) => sum + n * means[0], 0) / parts.reduce((sum, { n }) => sum + n, 0)
      );
    });
    expect(pooled[1]).toBeGreaterThan(pooled[0]);
  });

  it('are those that exposures say, also where a server heard of a new allocation late', async () => {
    const state = stateOf({ metrics: [clicks] }, [0.1, 0.5]);
    const settled = users
      .slice(0, 40)
      .flatMap((user, i) => [
        exposure(user, i % 2 === 0 ? 'control' : 'new', begin + 1000, { epoch: 0 }),
        exposure(`${user} of day two`, i % 2 === 0 ? 'control' : 'new', begin + day + 9000, { epoch: 1 }),
      ]);
    // The second allocation is a second old when the server still goes by the first, and three when it goes by the second.
    const late = (more: (epoch: number) => object): ServedEvent[] =>
      ['l1', 'l2', 'l3'].flatMap((user) => [
        exposure(user, 'control', begin + day + 1000, more(0)),
        exposure(user, 'new', begin + day + 3000, more(1)),
        event(user, 'click', begin + day + 4000),
      ]);
    const said = await read(state, fileOf([...settled, ...late((epoch) => ({ epoch }))]));
    expect(said.epochs.map(({ units }) => units)).toEqual([
      [23, 20],
      [20, 23],
    ]);
    expect(said.unitsInSeveralVariants).toBe(0);
    // The control: by their times, these users met both variants in one allocation. So they do in a log that numbers what never was.
    for (const more of [() => ({}), () => ({ epoch: 7 }), () => ({ epoch: 'second' })]) {
      const told = await read(state, fileOf([...settled, ...late(more)]));
      expect(told.epochs.map(({ units }) => units)).toEqual([
        [20, 20],
        [20, 20],
      ]);
      expect(told.unitsInSeveralVariants).toBe(3);
    }
  });

  it('that are combined err less than the last alone, and answer the same as the ledger in memory', async () => {
    const { UnitLedger } = await import('../../../src/experiments/index.js');
    const { state, events } = twoDays(true);
    const answer = await read(state, fileOf(events));
    const ledger = new UnitLedger(state.record);
    let epoch = 0;
    const ordered = events
      .map((one, index) => ({ one, index }))
      .sort((x, y) => x.one.atMs - y.one.atMs || x.index - y.index);
    for (const { one } of ordered) {
      if (epoch === 0 && one.atMs >= begin + day) {
        ledger.beginEpoch();
        epoch = 1;
      }
      if (one.kind === 'exposure') ledger.expose(one.user, one.more?.variant === 'new' ? 1 : 0);
      else ledger.add(one.user, one.kind, 1);
    }
    const [definition] = state.record.metrics;
    const inMemory = ledger.combined(definition) ?? [];
    const offLog = answer.combined?.[0].arms ?? [];
    expect(inMemory).toHaveLength(2);
    inMemory.forEach((measure, arm) => {
      const other = offLog[arm];
      if (measure.kind !== 'estimate' || other.kind !== 'estimate') throw new Error('no estimate');
      expect(other.estimate.n).toBe(measure.estimate.n);
      expect(other.estimate.mean).toBeCloseTo(measure.estimate.mean, 9);
      expect(other.estimate.variance).toBeCloseTo(measure.estimate.variance, 7);
    });
  });
});

describe('the data of an epoch', () => {
  const users = Array.from({ length: 1100 }, (_, user) => `user-${user}`);
  const ramp = [0.25, 0.5, 0.5];
  const devices = ['web', 'ios'];

  interface Days {
    readonly state: ExperimentState;
    readonly events: readonly ServedEvent[];
  }

  /** Six days, in three epochs at most: clicks gain 60 % on the first day of a treated unit, a share of its reports is lost. */
  function fiveDays({ lost = 0, past = 1, shares = ramp } = {}): Days {
    const members: Partial<ExperimentRecordInput> = {
      segment: 'device',
      metrics: [
        { ...clicks, cuped: true },
        { name: 'rate', of: 'click', denominator: 'impression', kind: 'ratio', role: 'watched' },
      ],
    };
    const state = stateOf(members, shares);
    const rng = new Rng([9, 'five-days']);
    const events: ServedEvent[] = [];
    const told = new Set<string>();
    const since = new Map<string, number>();
    for (let at = 0; at < 6; at += 1) {
      const epoch = Math.min(at, shares.length - 1);
      for (const [index, user] of users.entries()) {
        const variant = assignUnit(state.record, shares[epoch], user)?.variant ?? '';
        const treated = variant === 'new';
        if (at === 0)
          for (let k = Math.round(6 * (treated ? past : 1) + rng.normal()); k > 0; k -= 1)
            events.push(event(user, 'click', begin - 1000));
        if (rng.next() < 0.3) continue;
        const ms = begin + at * day + 1000 + rng.integer(1000);
        const requestId = `q-${user}-${at}`;
        const context = { device: devices[index % 2] };
        events.push(event(user, 'served', ms, { requestId, more: { context } }));
        if (!told.has(`${user} ${variant}`)) events.push(exposure(user, variant, ms, {}));
        events[events.length - 1] = { ...events[events.length - 1], requestId };
        told.add(`${user} ${variant}`);
        if (treated && !since.has(user)) since.set(user, at);
        const drops = rng.next() < (treated ? lost : 0.02);
        const factor = treated && since.get(user) === at ? 1.6 : 1;
        const own = Math.max(0, Math.round(3 * factor + 0.6 * rng.normal()));
        if (drops) continue;
        for (let k = 0; k < 2; k += 1) events.push(event(user, 'impression', ms + 1 + k, { requestId }));
        for (let k = 0; k < own; k += 1) events.push(event(user, 'click', ms + 10 + k, { requestId }));
      }
    }
    // Time goes on after the last answers, so that all of them are settled.
    events.push(event('late', 'impression', begin + 6 * day));
    return { state, events };
  }

  it('is the same as that of the ledger in memory: days since exposure, reports, pasts and segments', async () => {
    const { UnitLedger, reportCheck } = await import('../../../src/experiments/index.js');
    const { state, events } = fiveDays({ lost: 0.05 });
    const answer = await read(state, fileOf(events));
    const ledger = new UnitLedger(state.record);
    const variants = ['control', 'new'];
    const known = new Map<string, string>();
    let epoch = 0;
    for (const one of [...events].sort((x, y) => x.atMs - y.atMs)) {
      while (epoch < 2 && one.atMs >= begin + (epoch + 1) * day) {
        epoch += 1;
        ledger.setDay(epoch);
        ledger.beginEpoch();
      }
      ledger.setDay((one.atMs - begin) / day);
      if (one.kind === 'exposure') known.set(one.user, String(one.more?.variant));
      if (one.kind === 'served') {
        const context = one.more?.context as { device: string };
        // The exposure that belongs to it comes with it.
        const variant = assignUnit(state.record, ramp[epoch], one.user)?.variant ?? '';
        ledger.expose(one.user, variants.indexOf(variant), context.device);
      } else if (one.kind !== 'exposure') ledger.add(one.user, one.kind, 1);
    }
    expect(known.size).toBe(ledger.everyone);

    const lost = ledger.unreported();
    const planned = [0.5, 0.5];
    const own = reportCheck(
      variants.map((variant, i) => ({
        variant,
        weight: planned[i],
        units: ledger.epochUnits[i],
        unreported: lost[i],
      })),
    );
    const reports = answer.epochs[2].checks.find(({ name }) => name === 'reports');
    expect(reports?.p).toBeCloseTo(own?.p ?? -1, 9);

    const end = Math.max(...events.filter(({ user }) => user !== 'late').map(({ atMs }) => atMs));
    ledger.setDay((end - begin) / day);
    const windows = answer.combined?.[0].windows;
    const inMemory = ledger.windows(state.record.metrics[0]);
    expect(windows?.fromDays).toEqual([0, 1]);
    expect(inMemory?.fromDays).toEqual([0, 1]);
    windows?.arms.forEach(({ n, means, covariance }, arm) => {
      const other = inMemory?.arms[arm];
      expect(n).toBe(other?.n);
      means.forEach((mean, c) => {
        expect(mean).toBeCloseTo(other?.means[c] ?? NaN, 9);
        covariance[c].forEach((x, d) => expect(x).toBeCloseTo(other?.covariance[c][d] ?? NaN, 7));
      });
    });

    for (const [index, { value, metrics }] of answer.segments.entries()) {
      const same = ledger
        .segmentData(variants.map((variant) => ({ variant })))
        .find((one) => one.value === value);
      expect(answer.segments[index].arms.map(({ units }) => units)).toEqual(
        same?.arms.map(({ units }) => units),
      );
      metrics.forEach((metric, m) =>
        metric.arms.forEach((measure, arm) => {
          const other = same?.metrics[m].arms[arm];
          if (measure.kind !== 'estimate' || other?.kind !== 'estimate') throw new Error('no estimate');
          expect(measure.estimate.mean).toBeCloseTo(other.estimate.mean, 9);
          expect(measure.estimate.variance).toBeCloseTo(other.estimate.variance, 7);
        }),
      );
    }
    expect(answer.segments.map(({ value }) => value).sort()).toEqual(['ios', 'web']);
  });

  it('shows the gain of the first day by days since exposure', async () => {
    const { noveltyOf } = await import('../../../src/experiments/index.js');
    const { state, events } = fiveDays({ shares: [0.5] });
    const { combined } = await read(state, fileOf(events));
    const { definition, windows } = combined?.[0] ?? {};
    if (definition === undefined || windows === undefined) throw new Error('no windows');
    const rule = { kind: 'always-valid', tunedFor: 1000 } as const;
    const novelty = noveltyOf(definition, windows, 1, {
      alpha: 0.05,
      scale: 'relative',
      rule,
      tunedFor: 1000,
      prior: null,
    });
    expect(novelty).toMatchObject({ lateFromDay: 2, outcome: 'fades' });
    expect(novelty?.windows[0].lift).toBeGreaterThan(0.4);
    expect(Math.abs(novelty?.late.lift ?? 1)).toBeLessThan(0.04);
    expect(combined?.[1].windows).toBeUndefined();
  });

  it('fails where reports of one arm are lost, and where an earlier experiment carried over; else it passes', async () => {
    const namesOfFailed = async (truth: Parameters<typeof fiveDays>[0]): Promise<string[]> => {
      const { state, events } = fiveDays(truth);
      const { checks } = await read(state, fileOf(events));
      return [...new Set(checks.map(({ name }) => name))];
    };
    expect(await namesOfFailed({ lost: 0.02 })).toEqual([]);
    expect(await namesOfFailed({ lost: 0.3 })).toEqual(['reports']);
    expect(await namesOfFailed({ lost: 0.02, shares: [0.5] })).toEqual([]);
    expect(await namesOfFailed({ lost: 0.02, shares: [0.5], past: 0.8 })).toEqual(['alike-before']);
  });
});
