import type { ArmEstimate } from './arm-estimate.js';

export type Scale = 'relative' | 'absolute';

/** Treatment minus control, before anything is inferred from it. */
export interface Difference {
  readonly estimate: number;
  readonly se: number;
  /** Welch-Satterthwaite degrees of freedom */
  readonly df: number;
  /** of both arms */
  readonly units: number;
}

/**
 * absolute: mB − mA, variance vA/nA + vB/nB. relative: (mB − mA) / |mA| with the unadjusted mA below, variance
 * vB/(nB mA²) + vA mB²/(nA mA⁴) (delta method: the control's mean errs too).
 * Degrees of freedom: Welch, Biometrika 1947, of the absolute difference. A control mean of zero gives a relative difference of NaN.
 */
export function differenceOf(control: ArmEstimate, treatment: ArmEstimate, scale: Scale): Difference {
  const a = control.variance / control.n;
  const b = treatment.variance / treatment.n;
  const df = (a + b) ** 2 / (a ** 2 / (control.n - 1) + b ** 2 / (treatment.n - 1));
  const units = control.n + treatment.n;
  const gap = treatment.mean - control.mean;
  if (scale === 'absolute') return { estimate: gap, se: Math.sqrt(a + b), df, units };
  const base = Math.abs(control.unadjustedMean);
  const growth = treatment.unadjustedMean / base;
  return { estimate: gap / base, se: Math.sqrt(b + a * growth * growth) / base, df, units };
}
