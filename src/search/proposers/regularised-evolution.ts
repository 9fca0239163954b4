import type { Rng } from '../../platform/index.js';
import { crossover, mutate } from '../../space/index.js';
import type { Proposer } from '../proposer.js';
import type { Trial } from '../trial.js';

export interface RegularisedEvolutionOptions {
  /** newest scored trials that may have children; default 20 */
  readonly population?: number;
  /** members drawn from the population, of which the best becomes a parent; default 5 */
  readonly tournament?: number;
  /** chance that a child has two parents; default 0.5. The published method has none */
  readonly crossover?: number;
}

const STRENGTH = 0.1;

/**
 * Regularised evolution (Real et al., AAAI 2019, algorithm 1): the best of a random sample of the population has a child,
 * and members die of age, not of weakness, so that a lucky score cannot stay for ever. The population is the newest
 * scored trials, whoever proposed them. A child of two parents takes each parameter from one of them (parameters that
 * neither has are drawn) and, like every child, changes in at least one parameter.
 */
export function regularisedEvolution(options: RegularisedEvolutionOptions = {}): Proposer {
  const { population = 20, tournament = 5, crossover: crossoverChance = 0.5 } = options;
  return {
    name: 'evolution',
    propose({ space, history, values, rng }) {
      const scored = history.filter(
        ({ index, state }) => values[index] === values[index] && state !== 'failed',
      );
      // Half a population is enough to begin with: a whole one would be most of a small budget.
      if (scored.length < Math.max(2, population / 2)) return undefined;
      const alive = scored.slice(-population);
      const first = winner(alive, values, tournament, rng);
      if (rng.next() >= crossoverChance)
        return { assignment: mutate(space, first.assignment, rng, STRENGTH), parent: first.index };
      const second = winner(alive, values, tournament, rng);
      const child = crossover(space, first.assignment, second.assignment, rng);
      return { assignment: mutate(space, child, rng, STRENGTH), parent: first.index };
    },
  };
}

function winner(alive: readonly Trial[], values: Float64Array, tournament: number, rng: Rng): Trial {
  let best = rng.pick(alive);
  for (let i = 1; i < tournament; i += 1) {
    const rival = rng.pick(alive);
    if (values[rival.index] > values[best.index]) best = rival;
  }
  return best;
}
