import type { FalseAccepts } from '../../schema/index.js';
import {
  aaPairs,
  alphaForLook,
  judge,
  wilsonInterval,
  type Scoreboard,
  type SeedNoise,
} from '../../stats/index.js';
import { pairedOn } from '../evaluation/paired.js';
import type { RunSettings } from '../loop/run-settings.js';

/** A configuration's runs, scored on the gate's users, and the seed noise that the gate assumes of it. */
export interface Copies {
  readonly tables: readonly Scoreboard[];
  readonly seedNoise: SeedNoise;
}

/** Each pair costs a pass over the gate's users; more of them would say nothing new, since they share the same runs. */
const mostPairs = 100;

/**
 * A/A: disjoint sets of runs of one configuration are put to the gate as candidate and ancestor, with no minimum gain.
 * What it accepts is false by construction. The seeds differ and the users are the same, as at the real gate; user noise
 * between different models is not tried here (`calibrate --simulate` does).
 * @returns one entry per level; none where no configuration has runs for a pair
 */
export function falseAccepts(
  metric: string,
  copies: readonly Copies[],
  settings: Pick<RunSettings, 'gateSeeds' | 'maxLooks' | 'alpha'>,
): readonly FalseAccepts[] {
  const { gateSeeds, maxLooks, alpha } = settings;
  const evidence = copies.flatMap(({ tables, seedNoise }) => {
    const take = (runs: readonly number[]) => runs.map((i) => tables[i]);
    return aaPairs(tables.length, gateSeeds, mostPairs).map(({ candidate, ancestor }) => ({
      ...pairedOn(metric, take(candidate), take(ancestor), seedNoise),
      oneRunSd: seedNoise.sd,
    }));
  });
  if (evidence.length === 0) return [];
  const disjointPairs = copies.reduce(
    (sum, { tables }) => sum + Math.floor(tables.length / (2 * gateSeeds)),
    0,
  );
  const levels = [
    { level: 'one-look', alpha },
    { level: 'first-look', alpha: alphaForLook(1, maxLooks, alpha) },
  ] as const;
  return levels.map((level) => {
    const accepted = evidence.filter(
      (pair) => judge({ ...pair, alpha: level.alpha, minimumEffect: 0 }).verdict === 'accept',
    ).length;
    const rate = accepted / evidence.length;
    const { ci } = wilsonInterval(rate * disjointPairs, disjointPairs);
    return { ...level, pairs: evidence.length, disjointPairs, accepted, rate, ci: [ci[0], ci[1]] };
  });
}
