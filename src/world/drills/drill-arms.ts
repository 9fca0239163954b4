import type { LiveWorld } from '../live/live-world.js';
import type { LivePolicy } from '../policies/live-policy.js';
import { rankedPolicy, type Score } from '../policies/ranked-policy.js';
import { degradedScore, itemScore } from '../policies/scores.js';

/** Share of positions that every drill's arm fills at random. */
const exploration = 0.1;
/** Noise through which the ordinary policy of the drills sees what is good. */
const ordinaryNoise = 1;

/** What most drills serve as their control: the items that suit most people, seen through noise. */
export function ordinaryScore(world: LiveWorld): Score {
  return degradedScore(itemScore(world, 'click'), ordinaryNoise, world.settings.seed);
}

/** A policy of a drill; ids tell the versions of the arms apart. */
export function drillPolicy(
  id: number,
  ...rankings: readonly { readonly weight: number; readonly score: Score }[]
): LivePolicy {
  return rankedPolicy({ id, rankings, exploration });
}

/** The ordinary policy, which answers a share of the requests by what suits most people, seen without noise. */
export function mixedPolicy(world: LiveWorld, betterShare: number, id = 2): LivePolicy {
  return drillPolicy(
    id,
    { weight: 1 - betterShare, score: ordinaryScore(world) },
    { weight: betterShare, score: itemScore(world, 'click') },
  );
}
