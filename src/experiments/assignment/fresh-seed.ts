import { AutoModelError } from '../../platform/index.js';
import type { ExperimentRecord } from '../../schema/index.js';
import { canShareUnits } from './holds.js';

/**
 * Refuses an experiment with the seed of another one, running or ended, that its units can have been in: the same units would be treated
 * again. Of two that run, neither effect can be told from the other; of one that ended, people still carry what it did to them, and the
 * new one takes that for an effect of its own (carryover effects: Kohavi et al., Five Puzzling Outcomes Explained, KDD 2012). A test of
 * their past sees it only where units are many (docs/experiments.md); a seed of its own mends it for certain.
 * @throws EXPERIMENT_INVALID naming the other experiment
 */
export function requireFreshSeed(record: ExperimentRecord, earlier: readonly ExperimentRecord[]): void {
  const other = earlier.find((one) => seedOf(one) === seedOf(record) && canShareUnits(one, record));
  if (other === undefined) return;
  throw new AutoModelError(
    'EXPERIMENT_INVALID',
    `Experiment ${record.id} has the seed ${JSON.stringify(seedOf(record))}, as ${other.id} had: the units that were treated there would be treated here`,
    {
      remedy: 'Leave out the seed, which then is the id, or give one that no other experiment had.',
      details: { experiment: record.id, earlier: other.id, seed: seedOf(record) },
    },
  );
}

const seedOf = ({ seed, id }: ExperimentRecord): string => seed ?? id;
