import { bucketCount, type ExperimentRecord } from '../../schema/index.js';
import { unitBucket } from './bucket.js';

/** How a unit came to its variant. Those that were forced are not random, and in no analysis. */
export interface Assigned {
  readonly variant: string;
  readonly forced: boolean;
}

/**
 * The variant of a unit while a share of the experiment's units is treated; null: the unit is not in the experiment. A pure function
 * of the record (with the overrides that were added since), the share and the unit:
 *
 * - layer: bucket under the layer's name lies in the experiment's range; ranges of one layer do not overlap.
 * - treated: bucket under `seed/traffic` lies below the share, and below what the holdout leaves. A larger share only adds units.
 * - which treatment: bucket under `seed/arm` against the cumulative weights, which a ramp never changes. So a treated unit
 *   stays in its arm for good. Units that are not treated are the control.
 */
export function assignUnit(
  record: ExperimentRecord,
  share: number,
  unit: string,
  overrides: Readonly<Record<string, string>> = record.overrides,
): Assigned | null {
  const { layer, control, treatments, holdout, seed = record.id } = record;
  if (Object.hasOwn(overrides, unit)) return { variant: overrides[unit], forced: true };
  const place = unitBucket(`layer/${layer.name}`, unit);
  if (place < layer.from || place >= layer.to) return null;
  const treated =
    unitBucket(`${seed}/traffic`, unit) < Math.round(treatedShare(share, holdout) * bucketCount);
  if (!treated) return { variant: control.name, forced: false };
  if (treatments.length === 1) return { variant: treatments[0].name, forced: false };
  return { variant: weighted(treatments, unitBucket(`${seed}/arm`, unit)), forced: false };
}

/** What the holdout leaves of a share. */
export function treatedShare(share: number, holdout: number): number {
  return Math.min(share, 1 - holdout);
}

function weighted(treatments: ExperimentRecord['treatments'], bucket: number): string {
  const all = treatments.reduce((sum, { weight }) => sum + weight, 0);
  let upTo = 0;
  for (const { name, weight } of treatments) {
    upTo += weight;
    if (bucket < Math.round((upTo / all) * bucketCount)) return name;
  }
  return treatments[treatments.length - 1].name;
}

/** The arms with the shares of units that they are to get, the control first. */
export function plannedArms(
  { control, treatments, holdout }: ExperimentRecord,
  share: number,
): { readonly variant: string; readonly weight: number }[] {
  const treated = treatedShare(share, holdout);
  const all = treatments.reduce((sum, { weight }) => sum + weight, 0);
  return [
    { variant: control.name, weight: 1 - treated },
    ...treatments.map(({ name, weight }) => ({ variant: name, weight: (treated * weight) / all })),
  ];
}
