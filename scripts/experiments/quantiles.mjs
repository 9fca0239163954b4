import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { differenceOf, readExperiment, twoSided } from '../../dist/experiments/index.js';
import { MetricDefinition } from '../../dist/schema/index.js';
import { Rng } from '../../dist/platform/index.js';
import { wilsonInterval } from '../../dist/stats/index.js';

/**
 * A/A tests of a quantile of rows, read from files as a person would give them: users differ, and each has 1 to 15 rows, so
 * rows are far from independent. How often no difference is rejected at 5 %.
 */
export async function quantileTests({ level, units, experiments, seed }) {
  const folder = mkdtempSync(join(tmpdir(), 'automodel-quantiles-'));
  const definitions = [
    MetricDefinition.parse({ name: 'wait', role: 'watched', kind: 'quantile', quantile: level }),
  ];
  let rejected = 0;
  try {
    for (let experiment = 0; experiment < experiments; experiment += 1) {
      const rng = new Rng([seed, 'quantile', level, units, experiment]);
      const rows = [];
      for (let i = 0; i < 2 * units; i += 1) {
        const habit = rng.normal();
        const count = 1 + rng.integer(15);
        for (let k = 0; k < count; k += 1)
          rows.push(
            `u${i},${i % 2 === 0 ? 'a' : 'b'},wait,${Math.exp(0.7 * habit + 0.7 * rng.normal()).toPrecision(9)}`,
          );
      }
      const path = join(folder, 'rows.csv');
      writeFileSync(path, `user,variant,metric,value\n${rows.join('\n')}\n`);
      const { data } = await readExperiment(
        { exposures: path, unit: 'user', variant: 'variant', control: 'a', definitions },
        () => undefined,
        new AbortController().signal,
      );
      const [a, b] = data.metrics[0].arms.map(({ estimate }) => estimate);
      if (twoSided(differenceOf(a, b, 'absolute'), 0.05, { kind: 'fixed-horizon' }).p < 0.05) rejected += 1;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return wilsonInterval(rejected, experiments);
}
