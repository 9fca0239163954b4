import type { CtrDataset } from '../../schema/index.js';
import type { FittedCtrCounting } from './counting-model.js';
import {
  addEffects,
  allRows,
  countRates,
  effectsOf,
  linked,
  meanLabel,
  type CountableField,
  type Smoothing,
} from './rate-table.js';

/** The overall rate plus the effect of each field's value, all counted on the training rows. */
export function additiveRates(
  { train, vocabularySizes }: CtrDataset,
  fields: readonly CountableField[],
  smoothing: Smoothing,
): FittedCtrCounting {
  const prior = meanLabel(train, allRows(train));
  const tables = countRates(train, fields, vocabularySizes, allRows(train));
  const effects = tables.map((table) => effectsOf(table, prior, smoothing));
  return {
    task: 'ctr',
    parameters: effects.reduce((sum, effect) => sum + effect.length, 1),
    predict(source) {
      const out = new Float32Array(source.rows).fill(linked(prior, smoothing.link));
      for (const [t, table] of tables.entries()) addEffects(source, table, effects[t], allRows(source), out);
      return out;
    },
  };
}
