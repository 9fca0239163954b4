import { openEngine, type Engine } from '../../data/index.js';
import type { ExperimentState, QualityCheck, Warning } from '../../schema/index.js';
import { ratioCheck, type MeasuredMetric } from '../analyse.js';
import { estimateArms, type ArmEstimate } from '../arm-estimate.js';
import { plannedArms } from '../assignment/assign-unit.js';
import { estimandOf, type ArmMeasure } from '../compare-metric.js';
import { defaultTuning } from '../inference.js';
import { combineEpochs, type EpochOverlap } from '../ramp/combine-epochs.js';
import { namesOf } from '../reading/metric-sources.js';
import { readExposures } from '../reading/read-exposures.js';
import { readMeasurements } from '../reading/read-measurements.js';
import { deviationSql, measureMetrics, planMetrics } from '../reading/unit-moments.js';
import { checkMetrics, epochTables, exposureTable } from './epoch-tables.js';
import { loadEvents } from './load-events.js';

/** One epoch as the log shows it. */
export interface ReadEpoch {
  /** units of each arm, the control first */
  readonly units: readonly number[];
  readonly split: QualityCheck;
  /** null: an arm is empty, so nothing is compared */
  readonly metrics: readonly MeasuredMetric[] | null;
}

export interface ReadRunning {
  readonly epochs: readonly ReadEpoch[];
  /** different units of each arm over all epochs */
  readonly units: readonly number[];
  /** over all epochs that compare; null: none does */
  readonly combined: readonly MeasuredMetric[] | null;
  readonly checks: readonly QualityCheck[];
  readonly unitsInSeveralVariants: number;
  /** events of exposed units, exposures among them, from this moment on */
  readonly trafficSince: number;
}

interface Compared {
  readonly epoch: number;
  readonly metrics: readonly MeasuredMetric[];
  readonly estimates: readonly (readonly ArmEstimate[])[];
}

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
    const epochs: ReadEpoch[] = [];
    const compared: Compared[] = [];
    let crossed = 0;
    const checks: QualityCheck[] = [];
    for (let epoch = 0; epoch < state.epochs.length; epoch += 1) {
      const { read, check, unitsInSeveralVariants, estimates } = await readEpoch(engine, state, epoch, warn);
      epochs.push(read);
      crossed += unitsInSeveralVariants;
      if (check !== null && !check.passed)
        checks.push({ ...check, message: `epoch ${epoch}: ${check.message}` });
      if (read.metrics !== null) compared.push({ epoch, metrics: read.metrics, estimates });
    }
    const arms = plannedArms(record, 1).map(({ variant }) => variant);
    const counts = await engine.rows(
      'SELECT variant, count(DISTINCT unit)::DOUBLE FROM exposed GROUP BY variant',
    );
    const unitsOf = new Map(counts.map(([variant, count]) => [String(variant), Number(count)]));
    const units = arms.map((variant) => unitsOf.get(variant) ?? 0);
    const [[traffic]] = await engine.rows(
      `SELECT count(*)::DOUBLE FROM events WHERE ms >= ${sinceMs} AND unit IN (SELECT unit FROM exposed)`,
    );
    return {
      epochs,
      units,
      combined: compared.length === 0 ? null : await combine(engine, state, compared, units, warn),
      checks,
      unitsInSeveralVariants: crossed,
      trafficSince: Number(traffic),
    };
  } finally {
    engine.close();
  }
}

interface EpochAnswer {
  readonly read: ReadEpoch;
  readonly check: QualityCheck | null;
  readonly unitsInSeveralVariants: number;
  /** by metric, by arm */
  readonly estimates: readonly (readonly ArmEstimate[])[];
}

async function readEpoch(
  engine: Engine,
  state: ExperimentState,
  epoch: number,
  warn: (warning: Warning) => void,
): Promise<EpochAnswer> {
  const { record } = state;
  const planned = plannedArms(record, state.epochs[epoch].share);
  const tables = await epochTables(engine, state, epoch);
  const rule = { kind: 'always-valid', tunedFor: record.plannedUnits ?? defaultTuning } as const;
  const counts = await engine.rows('SELECT c1, count(DISTINCT c0)::DOUBLE FROM epoch_exposures GROUP BY c1');
  const seen = new Map(counts.map(([variant, count]) => [String(variant), Number(count)]));
  const arms = planned.map(({ variant, weight }) => ({ variant, weight, units: seen.get(variant) ?? 0 }));
  const units = arms.map((arm) => arm.units);
  const split = ratioCheck(arms, { rule });
  const nothing: EpochAnswer = {
    read: { units, split, metrics: null },
    check: null,
    unitsInSeveralVariants: 0,
    estimates: [],
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
  const plan = await planMetrics(engine, record.metrics, {
    arms: exposures.arms,
    names,
    timed,
    calendar,
    end,
    warn,
  });
  const order = arms.map(({ variant }) => exposures.arms.findIndex((arm) => arm.variant === variant));
  const measured = await measureMetrics(engine, plan, null);
  if (order.includes(-1) || measured.some((own) => own.some((measure) => measure === null))) return nothing;
  const metrics = record.metrics.map((definition, m) => ({
    definition,
    arms: order.map((place) => measured[m][place] as ArmMeasure),
  }));
  const linear = metrics.map(({ definition, arms: measures }) => linearise(definition, measures));
  // Arms in the engine are in its own order.
  const cells = plan.metrics.flatMap((metric, m) => {
    const own = linear[m];
    if (own === null) return [`0::DOUBLE AS d${m}`];
    const inEngine = order.map((_, place) => own.parts[order.indexOf(place)]);
    return [`${deviationSql(metric, inEngine)} AS d${m}`];
  });
  const armOf = order.map((place, arm) => `WHEN ${place} THEN ${arm}`).join(' ');
  await engine.run(
    `CREATE TABLE deviations_${epoch} AS SELECT u.unit, CASE u.arm ${armOf} END AS arm, ${cells.join(', ')} ` +
      `FROM units AS u LEFT JOIN unit_values USING (id)`,
  );
  return {
    read: { units: order.map((place) => exposures.arms[place].units), split, metrics },
    check: exposures.check,
    unitsInSeveralVariants: exposures.unitsInSeveralVariants,
    estimates: metrics.map(
      ({ arms: measures }, m) =>
        linear[m]?.estimates ?? measures.flatMap((one) => (one.kind === 'estimate' ? [one.estimate] : [])),
    ),
  };
}

/** Estimates with their gradients and means, by arm; null for quantiles, which have none. */
function linearise(
  definition: MeasuredMetric['definition'],
  measures: readonly ArmMeasure[],
): {
  readonly estimates: readonly ArmEstimate[];
  readonly parts: readonly { readonly gradient: readonly number[]; readonly means: readonly number[] }[];
} | null {
  const moments = measures.flatMap((measure) => (measure.kind === 'moments' ? [measure.moments] : []));
  if (moments.length < measures.length) return null;
  const { arms } = estimateArms(moments, estimandOf(definition));
  return {
    estimates: arms.map(({ estimate }) => estimate),
    parts: arms.map(({ gradient }, arm) => ({ gradient, means: moments[arm].means })),
  };
}

async function combine(
  engine: Engine,
  { record }: ExperimentState,
  compared: readonly Compared[],
  units: readonly number[],
  warn: (warning: Warning) => void,
): Promise<MeasuredMetric[]> {
  const last = compared[compared.length - 1];
  const overlaps = record.metrics.map((): EpochOverlap[] => []);
  for (let f = 1; f < compared.length; f += 1)
    for (let e = 0; e < f; e += 1) {
      const sums = record.metrics.map((_, m) => `sum(x.d${m} * y.d${m})`).join(', ');
      const rows = await engine.rows(
        `SELECT x.arm, y.arm, ${sums} FROM deviations_${compared[e].epoch} AS x JOIN deviations_${compared[f].epoch} AS y USING (unit) GROUP BY ALL`,
      );
      for (const [a, b, ...products] of rows)
        products.forEach((sum, m) =>
          overlaps[m].push({ e, f, a: Number(a), b: Number(b), products: Number(sum) }),
        );
    }
  return record.metrics.map((definition, m) => {
    // Quantiles have no deviations that could be added up: the epoch that runs answers for them.
    if (definition.kind === 'quantile') {
      if (compared.length > 1)
        warn({
          code: 'LAST_EPOCH_ONLY',
          message: `${definition.name} is read off the last epoch alone: quantiles of several are not combined.`,
        });
      return last.metrics[m];
    }
    const estimates = combineEpochs(
      compared.map((one) => one.estimates[m]),
      overlaps[m],
      units,
    );
    return { definition, arms: estimates.map((estimate) => ({ kind: 'estimate', estimate })) };
  });
}
