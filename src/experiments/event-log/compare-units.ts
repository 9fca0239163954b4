import type { Engine } from '../../data/index.js';
import type { ExperimentRecord, Warning } from '../../schema/index.js';
import type { MeasuredMetric } from '../analyse.js';
import { estimateArms, type ArmEstimate } from '../arm-estimate.js';
import { estimandOf, type ArmMeasure } from '../compare-metric.js';
import { combineEpochs, type EpochOverlap } from '../ramp/combine-epochs.js';
import { deviationSql, measureMetrics, type MetricPlan } from '../reading/unit-moments.js';

/** The units of one epoch, or one segment of them, as the engine holds them. */
export interface EpochUnits {
  readonly epoch: number;
  /** place in the record's order of arms → place in the engine's */
  readonly order: readonly number[];
  readonly plan: MetricPlan;
  /** condition on units; undefined: all */
  readonly within?: string;
  /** tells the tables of this reading from those of others */
  readonly tag: string;
}

export interface ComparedEpoch {
  readonly metrics: readonly MeasuredMetric[];
  /** by metric, by arm */
  readonly estimates: readonly (readonly ArmEstimate[])[];
  /** table of what each unit adds to the estimates: unit, arm, d0, d1, ... */
  readonly deviations: string;
}

/** Measures all metrics by arm, with a table of deviations; null where an arm has fewer than two units of one. */
export async function compareUnits(
  engine: Engine,
  record: ExperimentRecord,
  { epoch, order, plan, within, tag }: EpochUnits,
): Promise<ComparedEpoch | null> {
  const measured = await measureMetrics(engine, plan, within);
  if (measured.some((own) => own.some((measure) => measure === null))) return null;
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
  const deviations = `deviations_${epoch}_${tag}`;
  await engine.run(
    `CREATE TABLE ${deviations} AS SELECT u.unit, CASE u.arm ${armOf} END AS arm, ${cells.join(', ')} ` +
      `FROM units AS u LEFT JOIN unit_values USING (id) WHERE ${within ?? 'true'}`,
  );
  return {
    metrics,
    estimates: metrics.map(
      ({ arms: measures }, m) =>
        linear[m]?.estimates ?? measures.flatMap((one) => (one.kind === 'estimate' ? [one.estimate] : [])),
    ),
    deviations,
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

/** All epochs together, metric by metric; `units`: different ones by arm. */
export async function combineCompared(
  engine: Engine,
  record: ExperimentRecord,
  compared: readonly ComparedEpoch[],
  units: readonly number[],
  warn: (warning: Warning) => void,
): Promise<MeasuredMetric[]> {
  const last = compared[compared.length - 1];
  const overlaps = record.metrics.map((): EpochOverlap[] => []);
  for (let f = 1; f < compared.length; f += 1)
    for (let e = 0; e < f; e += 1) {
      const sums = record.metrics.map((_, m) => `sum(x.d${m} * y.d${m})`).join(', ');
      const rows = await engine.rows(
        `SELECT x.arm, y.arm, ${sums} FROM ${compared[e].deviations} AS x JOIN ${compared[f].deviations} AS y USING (unit) GROUP BY ALL`,
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
