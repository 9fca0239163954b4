/** "3.10 %", "−0.25 %": a share or a lift in the sentences that say why. */
export function percent(share: number): string {
  return `${sign(share)}${(100 * Math.abs(share)).toFixed(2)} %`;
}

/** "+3.10 %": of a change, where both directions are meant. */
export function signedPercent(share: number): string {
  return `${share < 0 ? '' : '+'}${percent(share)}`;
}

/** "25 %", "−35.1 %": to three digits, without zeros that say nothing. */
export function roundPercent(share: number): string {
  return `${sign(share)}${Number((100 * Math.abs(share)).toPrecision(3))} %`;
}

const sign = (share: number): string => (share < 0 ? '−' : '');
