import { AutoModelError } from '../../platform/index.js';
import type { ExperimentArm } from '../analyse.js';

/** The arms of an experiment, the control first. */
export interface Traffic {
  readonly arms: readonly ExperimentArm[];
}

/**
 * The variants with the control in front, the others by name.
 * @throws USAGE for a control or weights that do not fit the variants, EXPERIMENT_INVALID for a variant without units
 */
export function orderedArms(
  variants: readonly string[],
  {
    control,
    weights,
  }: { readonly control: string; readonly weights: Readonly<Record<string, number>> | undefined },
  file: string,
): string[] {
  const there = [...variants].sort((a, b) => (a < b ? -1 : 1));
  const list = there.map((name) => JSON.stringify(name)).join(', ');
  if (!there.includes(control)) {
    throw new AutoModelError('USAGE', `No unit of ${file} is in the control ${JSON.stringify(control)}`, {
      remedy:
        there.length === 0
          ? 'The file has no exposures.'
          : `Its variants are: ${list}. Name one with --control.`,
      details: { control, variants: there },
    });
  }
  if (there.length < 2) {
    throw new AutoModelError(
      'EXPERIMENT_INVALID',
      `${file} holds no variant beside ${JSON.stringify(control)}`,
      {
        remedy: 'Give the exposures of all variants.',
        details: { variants: there },
      },
    );
  }
  if (weights !== undefined) {
    const empty = Object.keys(weights).find((name) => weights[name] > 0 && !there.includes(name));
    if (empty !== undefined) {
      throw new AutoModelError(
        'EXPERIMENT_INVALID',
        `Variant ${JSON.stringify(empty)} has no units in ${file}`,
        {
          remedy: `The variants there are: ${list}.`,
          details: { variant: empty, variants: there },
        },
      );
    }
    const missing = there.find((name) => !Object.hasOwn(weights, name));
    if (missing !== undefined) {
      throw new AutoModelError('USAGE', `Variant ${JSON.stringify(missing)} has no weight`, {
        remedy: 'Give the weights of all variants: --weights control=1,treatment=1.',
        details: { variant: missing, variants: there },
      });
    }
  }
  return [control, ...there.filter((name) => name !== control)];
}

/** @throws EXPERIMENT_INVALID when an arm has nobody left */
export function requireUnits(arms: readonly ExperimentArm[], file: string): void {
  const empty = arms.find(({ units }) => units === 0);
  if (empty === undefined) return;
  throw new AutoModelError(
    'EXPERIMENT_INVALID',
    `Variant ${JSON.stringify(empty.variant)} has no units in ${file}`,
    {
      remedy: 'All of its units were in other variants too; check how units are assigned.',
      details: { variant: empty.variant },
    },
  );
}

/** A metric whose spread in an arm cannot be told. */
export function tooFew(metric: string, variant: string): AutoModelError {
  return new AutoModelError(
    'EXPERIMENT_INVALID',
    `Metric ${JSON.stringify(metric)} has fewer than two units in variant ${JSON.stringify(variant)}, so no spread`,
    { remedy: 'Wait for more units, or leave the metric out.', details: { metric, variant } },
  );
}
