import { openEngine, type Engine } from '../../data/index.js';
import type { ExperimentRecord, ExperimentState, QualityCheck, Warning } from '../../schema/index.js';
import { alikeBefore, pastDefinitions } from '../alike-before.js';
import { ratioCheck, type MeasuredMetric, type SegmentData } from '../analyse.js';
import { plannedArms } from '../assignment/assign-unit.js';
import { defaultTuning } from '../inference.js';
import type { WindowedMeasure } from '../novelty.js';
import { namesOf } from '../reading/metric-sources.js';
import { readExposures } from '../reading/read-exposures.js';
import { readMeasurements } from '../reading/read-measurements.js';
import { inSegment, measureMetrics, planMetrics } from '../reading/unit-moments.js';
import { measureWindows } from '../reading/window-moments.js';
import { combineCompared, compareUnits, type ComparedEpoch } from './compare-units.js';
import { checkMetrics, epochTables, exposureTable } from './epoch-tables.js';
import { loadEvents } from './load-events.js';
import { readReports } from './read-reports.js';

/** One epoch as the log shows it. */
export interface ReadEpoch {
  /** units of each arm, the control first */
  readonly units: readonly number[];
  readonly split: QualityCheck;
  /** null: an arm is empty, so nothing is compared */
  readonly metrics: readonly MeasuredMetric[] | null;
  /** what else was asked of its data */
  readonly checks: readonly QualityCheck[];
}

export interface ReadRunning {
  readonly epochs: readonly ReadEpoch[];
  /** different units of each arm over all epochs */
  readonly units: readonly number[];
  /** over all epochs that compare, success metrics with the days since exposure of the last of them; null: none does */
  readonly combined: readonly MeasuredMetric[] | null;
  /** the same by segment of the record, the largest first; empty where it names none */
  readonly segments: readonly SegmentData[];
  /** those that failed, with their epochs */
  readonly checks: readonly QualityCheck[];
  readonly unitsInSeveralVariants: number;
  /** events of exposed units, exposures among them, from this moment on */
  readonly trafficSince: number;
}

/** More segments than this show nothing after correction; the largest are read. */
const mostSegments = 20;

/**
 * Reads an experiment out of a file of served events, epoch by epoch: each is one experiment of constant allocation, read by the code
 * that reads other systems' experiments; together they are combined and never pooled.
 * @param sinceMs traffic is counted from there
 */
export async function readRunning(
  state: ExperimentState,
  path: string,
  sinceMs: number,
  warn: (warning: Warning) => void,
  signal: AbortSignal,
): Promise<ReadRunning> {
  const { record } = state;
  checkMetrics(record);
  const engine = await openEngine({ files: [path], threads: 1, signal });
  try {
    await loadEvents(engine, path);
    await exposureTable(engine, state);
    const segments = await segmentsOf(engine, record);
    const epochs: ReadEpoch[] = [];
    const compared: ComparedEpoch[] = [];
    const inSegments = segments.map((): ComparedEpoch[] => []);
    let windows: (WindowedMeasure | undefined)[] = [];
    let crossed = 0;
    const checks: QualityCheck[] = [];
    for (let epoch = 0; epoch < state.epochs.length; epoch += 1) {
      const answer = await readEpoch(engine, state, epoch, segments, warn);
      epochs.push(answer.read);
      crossed += answer.unitsInSeveralVariants;
      for (const check of [...answer.crossed, ...answer.read.checks])
        if (!check.passed) checks.push({ ...check, message: `epoch ${epoch}: ${check.message}` });
      if (answer.compared === null) continue;
      compared.push(answer.compared);
      windows = answer.windows;
      answer.inSegments.forEach((own, segment) => {
        if (own !== null) inSegments[segment].push(own);
      });
    }
    const arms = plannedArms(record, 1).map(({ variant }) => variant);
    const units = await unitsByArm(engine, arms);
    const [[traffic]] = await engine.rows(
      `SELECT count(*)::DOUBLE FROM events WHERE ms >= ${sinceMs} AND unit IN (SELECT unit FROM exposed)`,
    );
    const combined =
      compared.length === 0 ? null : await combineCompared(engine, record, compared, units, warn);
    const parts: SegmentData[] = [];
    for (const [index, value] of segments.entries()) {
      const own = await unitsByArm(engine, arms, value);
      const metrics =
        inSegments[index].length === 0
          ? []
          : await combineCompared(engine, record, inSegments[index], own, () => undefined);
      parts.push({
        value,
        arms: arms.map((variant, arm) => ({ variant, units: own[arm], weight: own[arm] })),
        metrics,
      });
    }
    return {
      epochs,
      units,
      combined: combined?.map((metric, m) => ({ ...metric, windows: windows[m] })) ?? null,
      segments: parts,
      checks,
      unitsInSeveralVariants: crossed,
      trafficSince: Number(traffic),
    };
  } finally {
    engine.close();
  }
}

async function segmentsOf(engine: Engine, { segment }: ExperimentRecord): Promise<string[]> {
  if (segment === undefined) return [];
  const rows = await engine.rows(
    `SELECT segment FROM unit_segments GROUP BY segment ORDER BY count(*) DESC, segment LIMIT ${mostSegments}`,
  );
  return rows.map(([value]) => String(value));
}

async function unitsByArm(engine: Engine, arms: readonly string[], segment?: string): Promise<number[]> {
  const within = segment === undefined ? '' : ` JOIN unit_segments USING (unit) WHERE ${inSegment(segment)}`;
  const counts = await engine.rows(
    `SELECT variant, count(DISTINCT unit)::DOUBLE FROM exposed${within} GROUP BY variant`,
  );
  const unitsOf = new Map(counts.map(([variant, count]) => [String(variant), Number(count)]));
  return arms.map((variant) => unitsOf.get(variant) ?? 0);
}

interface EpochAnswer {
  readonly read: ReadEpoch;
  /** the check of units in several variants; empty where nothing was compared */
  readonly crossed: readonly QualityCheck[];
  readonly unitsInSeveralVariants: number;
  readonly compared: ComparedEpoch | null;
  /** by segment */
  readonly inSegments: readonly (ComparedEpoch | null)[];
  /** by metric */
  readonly windows: (WindowedMeasure | undefined)[];
}

async function readEpoch(
  engine: Engine,
  state: ExperimentState,
  epoch: number,
  segments: readonly string[],
  warn: (warning: Warning) => void,
): Promise<EpochAnswer> {
  const { record } = state;
  const planned = plannedArms(record, state.epochs[epoch].share);
  const tables = await epochTables(engine, state, epoch);
  const tunedFor = record.plannedUnits ?? defaultTuning;
  const rule = { kind: 'always-valid', tunedFor } as const;
  const counts = await engine.rows('SELECT c1, count(DISTINCT c0)::DOUBLE FROM epoch_exposures GROUP BY c1');
  const seen = new Map(counts.map(([variant, count]) => [String(variant), Number(count)]));
  const arms = planned.map(({ variant, weight }) => ({ variant, weight, units: seen.get(variant) ?? 0 }));
  const units = arms.map((arm) => arm.units);
  const split = ratioCheck(arms, { rule });
  const reports = await readReports(engine, record, planned);
  const found = reports === null ? [] : [reports];
  const nothing: EpochAnswer = {
    read: { units, split, metrics: null, checks: found },
    crossed: [],
    unitsInSeveralVariants: 0,
    compared: null,
    inSegments: [],
    windows: [],
  };
  if (Math.min(...units) < 2) return nothing;
  for (const name of ['everyone', 'units', 'measured', 'unit_values'])
    await engine.run(`DROP TABLE IF EXISTS ${name}`);
  const exposures = await readExposures(engine, tables.exposures, {
    unit: 'unit',
    variant: 'variant',
    control: record.control.name,
    weights: undefined,
    exposedAt: 'at',
    segment: undefined,
    guessTime: false,
  });
  const names = namesOf(record.metrics);
  const { timed, calendar, end } = await readMeasurements(
    engine,
    tables.metrics,
    { unit: 'unit', metric: 'metric', value: 'value', at: 'at', others: [], maybeEmpty: true },
    names,
    exposures.time,
  );
  const pastOf = pastDefinitions(record.metrics);
  const all = await planMetrics(engine, [...record.metrics, ...pastOf], {
    arms: exposures.arms,
    names,
    timed,
    calendar,
    end,
    warn,
  });
  const plan = { ...all, metrics: all.metrics.slice(0, record.metrics.length) };
  const order = arms.map(({ variant }) => exposures.arms.findIndex((arm) => arm.variant === variant));
  const compared = order.includes(-1)
    ? null
    : await compareUnits(engine, record, { epoch, order, plan, tag: 'all' });
  if (compared === null) return nothing;
  const inSegments: (ComparedEpoch | null)[] = [];
  for (const [index, value] of segments.entries()) {
    const within = `u.unit IN (SELECT unit FROM unit_segments WHERE ${inSegment(value)})`;
    inSegments.push(await compareUnits(engine, record, { epoch, order, plan, within, tag: `s${index}` }));
  }
  const windows: (WindowedMeasure | undefined)[] = [];
  for (const definition of record.metrics) {
    const own = await measureWindows(engine, definition, { arms: exposures.arms, names, calendar, end });
    windows.push(own && { ...own, arms: order.map((place) => own.arms[place]) });
  }
  // Who comes back after an earlier epoch may be the treatment's doing: only units that are new were alike before.
  const fresh = `unit NOT IN (SELECT unit FROM exposed WHERE epoch < ${epoch})`;
  const pasts = await measureMetrics(
    engine,
    { ...all, metrics: all.metrics.slice(record.metrics.length) },
    fresh,
  );
  const before = alikeBefore(
    pastOf.flatMap((definition, m) => {
      const measures = order.map((place) => pasts[m][place]).filter((measure) => measure !== null);
      return measures.length < order.length ? [] : [{ definition, arms: measures }];
    }),
    planned.map(({ variant }) => variant),
    { alpha: record.alpha, scale: 'relative', rule, tunedFor, prior: null },
  );
  return {
    read: {
      units: order.map((place) => exposures.arms[place].units),
      split,
      metrics: compared.metrics,
      checks: before === null ? found : [...found, before],
    },
    crossed: [exposures.check],
    unitsInSeveralVariants: exposures.unitsInSeveralVariants,
    compared,
    inSegments,
    windows,
  };
}
