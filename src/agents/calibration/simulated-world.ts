import type { SimulatedWorld } from '../../schema/index.js';
import {
  gatePolicies,
  negativeControls,
  wilsonInterval,
  type GateTally,
  type GateWorld,
} from '../../stats/index.js';

type ErrorSum = GateTally['reported']['naive'];

/** A world's tally in shares and means, with their intervals. */
export function simulatedWorld(world: GateWorld, tally: GateTally): SimulatedWorld {
  const { runs, reported } = tally;
  return {
    ...world,
    looksPerRun: tally.looks / runs,
    falseAccepts: [...gatePolicies, ...negativeControls].map((decides) => ({
      decides,
      control: negativeControls.some((name) => name === decides),
      runs: tally.falseRuns[decides],
      ...share(tally.falseRuns[decides], runs),
    })),
    planted: tally.planted.flatMap(({ gain, found, falseRuns, firstLook, runs: planted }) =>
      gatePolicies.map((decides) => ({
        gainInSd: gain,
        decides,
        found: share(found[decides], planted),
        falseAccepts: share(falseRuns[decides], planted),
        firstLook: share(firstLook.accepted[decides], firstLook.n),
        toldPower: firstLook.told[decides] / firstLook.n,
      })),
    ),
    reported: [
      { report: 'best-screening', ...meanError(reported.naive) },
      { report: 'race', ...meanError(reported.raced) },
      { report: 'fresh-seeds-and-users', ...meanError(reported.fresh) },
    ],
  };
}

function share(count: number, of: number): { readonly rate: number; readonly ci: [number, number] } {
  const { rate, ci } = wilsonInterval(count, of);
  return { rate, ci: [ci[0], ci[1]] };
}

function meanError({ n, sum, squares }: ErrorSum): { readonly meanError: number; readonly se: number } {
  const mean = sum / n;
  const variance = n < 2 ? 0 : Math.max(0, squares - n * mean * mean) / (n - 1);
  return { meanError: mean, se: Math.sqrt(variance / n) };
}
