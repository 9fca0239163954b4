import type { MetricDefinition } from '../../schema/index.js';
import type { Engine } from '../../data/index.js';
import { estimatePair } from '../arm-estimate.js';
import type { ArmMeasure } from '../compare-metric.js';

/** Standard errors on each side of the level between which the slope of the distribution is read off. */
const outer = 1.959963984540054;

/**
 * A quantile of rows in each arm, where units and not rows are independent (Deng, Knoblich & Lu, KDD 2018, arXiv 1803.06336):
 * the share of rows below the quantile is a ratio metric over units, so its standard error s at level p is known; the values at levels
 * p ± 1.96 s are 1.96 standard errors of the quantile away from it on average. An arm whose p ± 1.96 s leaves
 * (0, 1) has too few units: its variance is given as 0, which nothing is concluded from.
 */
export async function quantileMeasures(
  engine: Engine,
  { quantile = 0.5 }: MetricDefinition,
  rows: string,
  arms: number,
): Promise<(ArmMeasure | null)[]> {
  const measures: (ArmMeasure | null)[] = [];
  for (let arm = 0; arm < arms; arm += 1) {
    const own = `FROM measured JOIN units USING (id) WHERE arm = ${arm} AND ${rows}`;
    const [[units, value]] = await engine.rows(
      `SELECT count(DISTINCT id)::DOUBLE, quantile_cont(value, ${quantile}) ${own}`,
    );
    const n = Number(units);
    if (n < 2) {
      measures.push(null);
      continue;
    }
    const at = Number(value);
    const [cells] = await engine.rows(
      `SELECT avg(s), avg(m), var_samp(s), covar_samp(s, m), var_samp(m) FROM ` +
        `(SELECT count(*) FILTER (value <= ?)::DOUBLE AS s, count(*)::DOUBLE AS m ${own} GROUP BY id)`,
      [at],
    );
    const [below, size, varS, covSM, varM] = cells.map(Number);
    const moments = {
      n,
      means: [below, size],
      covariance: [
        [varS, covSM],
        [covSM, varM],
      ],
    };
    const share = estimatePair(moments, moments, { kind: 'ratio', denominator: 1 }).control;
    const reach = outer * Math.sqrt(share.variance / n);
    const inside = reach > 0 && quantile - reach > 0 && quantile + reach < 1;
    const [[low, high]] = inside
      ? await engine.rows(
          `SELECT quantile_cont(value, ${quantile - reach}), quantile_cont(value, ${quantile + reach}) ${own}`,
        )
      : [[at, at]];
    const se = (Number(high) - Number(low)) / (2 * outer);
    measures.push({
      kind: 'estimate',
      estimate: { n, mean: at, unadjustedMean: at, variance: se * se * n },
    });
  }
  return measures;
}
