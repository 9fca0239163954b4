import { valueOf, type Parameter, type Space, type Value } from '../space/index.js';
import { studentQuantile } from '../stats/index.js';
import { projectedValues, type Trial } from './trial.js';

/** What one value (or range of values) of a parameter went with. */
export interface LevelEffect {
  /** "0.1" or "0.001 to 0.01" */
  readonly level: string;
  readonly trials: number;
  /** mean projected value of these trials minus the mean of all trials in which the parameter was active */
  readonly effect: number;
  /** 95 % interval, with the spread inside all levels together: two trials alone tell nothing of a spread */
  readonly ci: readonly [number, number] | undefined;
}

export interface ParameterEffect {
  readonly parameter: string;
  readonly trials: number;
  /** share of the variance between trials that the levels explain, corrected for chance (omega squared), in [0, 1] */
  readonly importance: number;
  readonly levels: readonly LevelEffect[];
}

const MOST_BINS = 4;
/** With fewer, what is strongest among many parameters is strongest by chance. */
const LEAST_TRIALS = 10;

/** Degrees of freedom that a spread inside levels needs. */
const LEAST_RESIDUAL = 4;

interface Observation {
  readonly value: Value;
  readonly score: number;
}

/** Discrete values one by one, numbers in up to four bins of equal mass (equal values stay together). */
function levelsOf(
  parameter: Parameter,
  observations: readonly Observation[],
): readonly (readonly [string, number[]])[] {
  if (parameter.kind === 'categorical' || parameter.kind === 'ordered') {
    return parameter.values.map((value): [string, number[]] => [
      String(value),
      observations.filter((o) => o.value === value).map((o) => o.score),
    ]);
  }
  const sorted = [...observations].sort((a, b) => Number(a.value) - Number(b.value));
  const bins = Math.min(MOST_BINS, Math.floor(sorted.length / 2));
  const groups: Observation[][] = [];
  for (let i = 0; i < sorted.length; i += 1) {
    const previous = groups.at(-1);
    const full = i >= Math.ceil((groups.length * sorted.length) / bins);
    if (previous === undefined || (full && sorted[i].value !== sorted[i - 1].value)) groups.push([sorted[i]]);
    else previous.push(sorted[i]);
  }
  return groups.map((group) => {
    const [low, high] = [String(group[0].value), String(group[group.length - 1].value)];
    return [low === high ? low : `${low} to ${high}`, group.map((o) => o.score)];
  });
}

const meanOf = (scores: readonly number[]): number =>
  scores.reduce((sum, score) => sum + score, 0) / scores.length;

/**
 * Marginal effect of every parameter, strongest first, for the report. Trials were not drawn at random (good regions are
 * visited more, parameters travel together), so these are associations in the search, not causes.
 */
export function parameterEffects(
  space: Space,
  trials: readonly Trial[],
  rungCount: number,
): readonly ParameterEffect[] {
  const values = projectedValues(trials, rungCount);
  const effects: ParameterEffect[] = [];
  for (const [name, parameter] of Object.entries(space)) {
    const observations: Observation[] = [];
    for (const trial of trials) {
      const value = valueOf(trial.assignment, name);
      const score = values[trial.index];
      if (value !== undefined && score === score && trial.state !== 'failed')
        observations.push({ value, score });
    }
    if (observations.length < LEAST_TRIALS) continue;
    const all = meanOf(observations.map((o) => o.score));
    const groups = levelsOf(parameter, observations).filter(([, scores]) => scores.length > 0);
    let between = 0;
    let within = 0;
    for (const [, scores] of groups) {
      const mean = meanOf(scores);
      between += scores.length * (mean - all) ** 2;
      within += scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
    }
    const residual = observations.length - groups.length;
    const noise = residual > 0 ? within / residual : 0;
    const levels = groups.map(([level, scores]): LevelEffect => {
      const effect = meanOf(scores) - all;
      if (residual < LEAST_RESIDUAL) return { level, trials: scores.length, effect, ci: undefined };
      // The mean of all holds the level's own trials too, hence the smaller part.
      const share = 1 / scores.length - 1 / observations.length;
      const half = studentQuantile(0.975, residual) * Math.sqrt(noise * share);
      return { level, trials: scores.length, effect, ci: [effect - half, effect + half] };
    });
    const total = between + within + noise;
    const explained = total > 0 ? (between - (groups.length - 1) * noise) / total : 0;
    effects.push({
      parameter: name,
      trials: observations.length,
      importance: residual < LEAST_RESIDUAL ? 0 : Math.max(0, explained),
      levels,
    });
  }
  return effects.sort((a, b) => b.importance - a.importance || (a.parameter < b.parameter ? -1 : 1));
}
