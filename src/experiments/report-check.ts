import type { QualityCheck } from '../schema/index.js';
import { sampleRatioAlarm, sequentialSampleRatio } from './sample-ratio.js';
import { percent } from './percent.js';

/** Units of one arm whose first answer of the epoch is settled, and those of them of whose answer nothing was reported. */
export interface ReportedArm {
  readonly variant: string;
  /** planned share, in any unit */
  readonly weight: number;
  readonly units: number;
  readonly unreported: number;
}

/**
 * Whether reports are lost from all arms alike. Every answer brings a report whatever people do with it, so a unit whose first answer brought
 * none was lost on the way, and such units fall into the arms as planned: the sequential test of the split, on them alone, may be
 * looked at all the time. Exposures are noted by the server and fit the plan even where a client's reports do not.
 * @returns null where nobody ever reported anything
 */
export function reportCheck(arms: readonly ReportedArm[]): QualityCheck | null {
  if (arms.every(({ units, unreported }) => unreported >= units)) return null;
  const { p } = sequentialSampleRatio(
    arms.map(({ unreported }) => unreported),
    arms.map(({ weight }) => weight),
  );
  const passed = p >= sampleRatioAlarm;
  const seen = arms
    .map(({ variant, units, unreported }) => `${variant} ${percent(units === 0 ? 0 : unreported / units)}`)
    .join(', ');
  return {
    name: 'reports',
    passed,
    p,
    message: passed
      ? 'reports of what was shown are missing from no variant more than from the others'
      : `reports of what was shown are missing unevenly (first answers without any: ${seen}); what is counted of the variants cannot be compared`,
  };
}
