import { AutoModelError } from '../../platform/index.js';
import { formatValue } from '../../schema/index.js';
import {
  alphaForLook,
  resolvingPower,
  seedNoiseFor,
  seedsForGain,
  smallestResolvableGain,
  type NoiseBudget,
} from '../../stats/index.js';
import type { RunContext } from './run-context.js';
import type { RunSettings } from './run-settings.js';
import type { MeasuredNoise } from './stored-calibration.js';

/** What the gate can resolve of a gain that somebody asks for. */
export interface Resolution {
  readonly metric: string;
  readonly wantedGain: number;
  /** smallest gain that one look finds with the wanted power */
  readonly resolvableGain: number;
  readonly seeds: number;
  /** null: no number of seeds, the users are the limit */
  readonly seedsNeeded: number | null;
  /** what no number of seeds gets below */
  readonly userLimit: number;
  readonly alpha: number;
  readonly power: number;
}

/** What limits the gate: seed noise of the two families, user noise of their difference; undefined where it is not known. */
export function noiseBudget(noise: MeasuredNoise): NoiseBudget | undefined {
  if (noise.difference === null) return undefined;
  const { sd, degreesOfFreedom } = seedNoiseFor(noise, ...noise.families.map(({ family }) => family));
  return {
    seedSd: sd,
    seedDegreesOfFreedom: degreesOfFreedom,
    userSe: noise.difference.userSe,
    userDegreesOfFreedom: noise.difference.userDf,
  };
}

/** Level and power at which gains are told: those of a run's first look. */
export function tellingLevel(settings: Pick<RunSettings, 'maxLooks' | 'alpha'>): {
  readonly alpha: number;
  readonly power: number;
} {
  return { alpha: alphaForLook(1, settings.maxLooks, settings.alpha), power: resolvingPower };
}

/** More seeds than anybody would pay for: what is left then is the users' own noise. */
export const endlessSeeds = 1_000_000;

/** undefined where the noise of a difference is not known */
export function resolutionOf(
  metric: string,
  wantedGain: number,
  noise: MeasuredNoise,
  settings: Pick<RunSettings, 'maxLooks' | 'alpha' | 'gateSeeds'>,
): Resolution | undefined {
  const budget = noiseBudget(noise);
  if (budget === undefined) return undefined;
  const { alpha, power } = tellingLevel(settings);
  return {
    metric,
    wantedGain,
    resolvableGain: smallestResolvableGain(budget, settings.gateSeeds, alpha, power),
    seeds: settings.gateSeeds,
    seedsNeeded: seedsForGain(budget, wantedGain, alpha, power) ?? null,
    userLimit: smallestResolvableGain(budget, endlessSeeds, alpha, power),
    alpha,
    power,
  };
}

/** Whether a run chases a gain at all: nothing asked, zero (everything proven counts) and null runs do not. */
export function chases(settings: Pick<RunSettings, 'minimumGain' | 'nullSeed'>): number | undefined {
  const { minimumGain, nullSeed } = settings;
  return minimumGain === null || minimumGain === 0 || nullSeed !== null ? undefined : minimumGain;
}

/**
 * A gain that the gate cannot resolve is not chased (3-evidence rule 8), unless forced. What was found is a decision: a run
 * that was forced once goes on when it is resumed.
 * @throws GAIN_UNRESOLVABLE with the figures
 */
export async function checkGain(context: RunContext, noise: MeasuredNoise): Promise<void> {
  const wanted = chases(context.settings);
  if (wanted === undefined) return;
  const { resolution } = await context.log.decide<{ resolution: Resolution | null; forced: boolean }>(
    'gain-checked',
    () => {
      const found = resolutionOf(context.metric, wanted, noise, context.settings);
      const unresolvable = found !== undefined && wanted < found.resolvableGain;
      if (unresolvable && context.force !== true) throw unresolvableGain(found);
      return { resolution: found ?? null, forced: unresolvable };
    },
  );
  if (resolution !== null && wanted < resolution.resolvableGain) {
    context.io.warn({ code: 'GAIN_UNRESOLVABLE', message: `${inWords(resolution)} Forced to go on.` });
  }
}

export function unresolvableGain(resolution: Resolution): AutoModelError {
  const { seedsNeeded, resolvableGain, seeds } = resolution;
  const larger = `ask for at least ${formatValue(resolvableGain)}`;
  return new AutoModelError('GAIN_UNRESOLVABLE', inWords(resolution), {
    remedy:
      seedsNeeded === null
        ? `Evaluate on more users or ${larger}; --force goes on all the same.`
        : `Give --gate-seeds ${seedsNeeded} in place of ${seeds}, or ${larger}; --force goes on all the same.`,
    details: { ...resolution },
  });
}

function inWords({
  metric,
  wantedGain,
  resolvableGain,
  seeds,
  seedsNeeded,
  userLimit,
  power,
}: Resolution): string {
  const needs =
    seedsNeeded === null
      ? `no number of seeds resolves it, since these users alone allow no less than ${formatValue(userLimit)}.`
      : `${seedsNeeded} would resolve it.`;
  return (
    `A gain of ${formatValue(wantedGain)} ${metric} is too small for the gate: ${seeds} paired seeds find ` +
    `${formatValue(resolvableGain)} with ${Math.round(power * 100)} % chance; ${needs}`
  );
}
