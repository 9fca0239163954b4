/**
 * What is noisy in a simulated project. The unit of every score is the seed sd of one run, so that only the ratio of user
 * noise to seed noise, the number of users and the kinship of candidates are left to choose.
 */
export interface GateWorld {
  readonly name: string;
  /** standard error, from users alone, of the difference of two unrelated models on one half of the validation users */
  readonly userSe: number;
  /** degrees of freedom of that error: users - 1, fewer when a few users have most of the rows */
  readonly userDf: number;
  /** correlation, over users, between a candidate and the one that it mutates */
  readonly kinship: number;
  /** candidates whose score spreads further over seeds than that of the calibrated configurations; default none */
  readonly unstable?: {
    readonly share: number;
    /** their seed sd */
    readonly sd: number;
  };
}

/**
 * Fixed before the first full simulation (docs/decisions/0093). Kin candidates make looks depend on each other, which is
 * kind to the gate; strangers are the hard case. The search prefers noisy candidates, since the luckiest of many are those
 * with the most luck to have: in *unstable* a fifth of them has four times the calibrated seed sd (docs/decisions/0120).
 */
export const gateWorlds: readonly GateWorld[] = [
  { name: 'even', userSe: 1, userDf: 999, kinship: 0.7 },
  { name: 'strangers', userSe: 1, userDf: 999, kinship: 0 },
  { name: 'seeds', userSe: 0.25, userDf: 999, kinship: 0.7 },
  { name: 'users', userSe: 4, userDf: 40, kinship: 0.7 },
  { name: 'unstable', userSe: 1, userDf: 999, kinship: 0.7, unstable: { share: 0.2, sd: 4 } },
];
