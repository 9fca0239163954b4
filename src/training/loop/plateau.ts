import type { TrainingRecipe } from '../recipe/recipe.js';

export interface PlateauState {
  /** factor of both learning rates */
  factor: number;
  best: number | undefined;
  bestStep: number;
  /** evaluations since the best */
  bad: number;
  /** evaluations since the best or the last decay */
  badSinceDecay: number;
}

export interface Judgement {
  readonly improved: boolean;
  readonly stop: boolean;
}

/** Decays the learning rate when the validation metric stalls, and stops when it goes on stalling. */
export class Plateau {
  readonly state: PlateauState = { factor: 1, best: undefined, bestStep: 0, bad: 0, badSinceDecay: 0 };

  constructor(private readonly recipe: Pick<TrainingRecipe, 'patience' | 'decayPatience' | 'decayFactor'>) {}

  /** Takes the metric (larger is better) after `step`. */
  judge(metric: number, step: number): Judgement {
    const { state, recipe } = this;
    if (state.best === undefined || metric > state.best) {
      Object.assign(state, { best: metric, bestStep: step, bad: 0, badSinceDecay: 0 });
      return { improved: true, stop: false };
    }
    state.bad += 1;
    state.badSinceDecay += 1;
    if (state.badSinceDecay >= recipe.decayPatience) {
      state.factor *= recipe.decayFactor;
      state.badSinceDecay = 0;
    }
    return { improved: false, stop: state.bad >= recipe.patience };
  }

  restore(saved: PlateauState): void {
    Object.assign(this.state, saved);
  }
}
