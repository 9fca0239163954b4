import { clearZ } from '../column-relations.js';

/** Rows that a share is judged on, the share of one label among them, and how much rarer than elsewhere the other label is. */
const fewestRows = 50;
const mostly = 0.98;
const rarer = 25;

/** Rows that are nearly all of one label. */
export interface OneSided {
  readonly label: 0 | 1;
  /** share of that label among the rows, and among all */
  readonly share: number;
  readonly expected: number;
}

/**
 * Whether some rows give their label away: at least 98 % have one, clearer than chance, and the other is at most a 25th as
 * frequent as among all rows. Without the last, 98 % of label 0 would be a finding wherever clicks are rare.
 * @param rate mean label of the rows @param base mean label of all rows
 */
export function oneSided(rows: number, rate: number, base: number): OneSided | undefined {
  if (!(rows >= fewestRows) || !(base > 0 && base < 1)) return undefined;
  const label = rate >= 0.5 ? 1 : 0;
  const [share, expected] = label === 1 ? [rate, base] : [1 - rate, 1 - base];
  const z = (share - expected) / Math.sqrt((expected * (1 - expected)) / rows);
  const isRarer = rarer * (1 - share) <= 1 - expected;
  return share >= mostly && isRarer && z >= clearZ ? { label, share, expected } : undefined;
}

/** As findings say it. */
export const saysOneSided = ({ label, share, expected }: OneSided): string =>
  `${(100 * share).toFixed(1)} % of them have label ${label} (${(100 * expected).toFixed(1)} % of all)`;
