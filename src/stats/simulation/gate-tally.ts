/**
 * How a run may decide. gate: the lower bound alone (minimum gain 0), the loosest that evolve can be asked for;
 * gate-default-minimum: what evolve does when nothing is asked for.
 */
export const gatePolicies = ['gate', 'gate-default-minimum'] as const;
/**
 * What the gate's rules protect from. looks-unpaid: the same looks, each at the whole error budget; every-candidate: each
 * candidate is a look at the whole budget; same-users: the best screening score, tested once on the users that chose it.
 */
export const negativeControls = ['looks-unpaid', 'every-candidate', 'same-users'] as const;
export type GatePolicy = (typeof gatePolicies)[number];
export type NegativeControl = (typeof negativeControls)[number];
export type Counts<Name extends string> = Record<Name, number>;

/** Sums over runs from which a mean and its standard error follow. */
export interface ErrorSum {
  readonly n: number;
  readonly sum: number;
  readonly squares: number;
}

/** A planted gain, in single-run sds. */
export interface PlantedTally {
  readonly gain: number;
  readonly runs: number;
  /** runs that accepted a candidate with the gain */
  readonly found: Counts<GatePolicy>;
  /** runs that accepted something no better than its ancestor */
  readonly falseRuns: Counts<GatePolicy>;
  /** single looks, the first of a run, at a candidate that has the gain: how many accept, and the sum of the power they tell */
  readonly firstLook: {
    readonly n: number;
    readonly accepted: Counts<GatePolicy>;
    readonly told: Counts<GatePolicy>;
  };
}

/** What a number of simulated runs came to; tallies of different runs add up. */
export interface GateTally {
  readonly runs: number;
  readonly looks: number;
  /** runs without any gain that accepted something */
  readonly falseRuns: Counts<GatePolicy | NegativeControl>;
  readonly planted: readonly PlantedTally[];
  /** reported score minus truth of the final choice, in single-run sds, in runs without any gain */
  readonly reported: { readonly naive: ErrorSum; readonly raced: ErrorSum; readonly fresh: ErrorSum };
}

function addCounts<Name extends string>(a: Counts<Name>, b: Counts<Name>): Counts<Name> {
  const sum = { ...a };
  for (const name of Object.keys(a) as Name[]) sum[name] += b[name];
  return sum;
}

function addErrors(a: ErrorSum, b: ErrorSum): ErrorSum {
  return { n: a.n + b.n, sum: a.sum + b.sum, squares: a.squares + b.squares };
}

export function noCounts<Name extends string>(names: readonly Name[]): Counts<Name> {
  return Object.fromEntries(names.map((name) => [name, 0])) as Counts<Name>;
}

export const noErrors: ErrorSum = { n: 0, sum: 0, squares: 0 };

export function withError(sum: ErrorSum, error: number): ErrorSum {
  return { n: sum.n + 1, sum: sum.sum + error, squares: sum.squares + error * error };
}

/** Tallies of disjoint runs of the same world and gains as one. */
export function mergeTallies(a: GateTally, b: GateTally): GateTally {
  return {
    runs: a.runs + b.runs,
    looks: a.looks + b.looks,
    falseRuns: addCounts(a.falseRuns, b.falseRuns),
    planted: a.planted.map((own, i) => {
      const other = b.planted[i];
      return {
        gain: own.gain,
        runs: own.runs + other.runs,
        found: addCounts(own.found, other.found),
        falseRuns: addCounts(own.falseRuns, other.falseRuns),
        firstLook: {
          n: own.firstLook.n + other.firstLook.n,
          accepted: addCounts(own.firstLook.accepted, other.firstLook.accepted),
          told: addCounts(own.firstLook.told, other.firstLook.told),
        },
      };
    }),
    reported: {
      naive: addErrors(a.reported.naive, b.reported.naive),
      raced: addErrors(a.reported.raced, b.reported.raced),
      fresh: addErrors(a.reported.fresh, b.reported.fresh),
    },
  };
}
