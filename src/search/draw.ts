import { Rng } from '../platform/index.js';
import {
  cardinality,
  enumerate,
  hashAssignment,
  sample,
  type Assignment,
  type Space,
} from '../space/index.js';
import type { Pool } from './pool.js';
import type { Allocator, ProposalContext, Proposer } from './proposer.js';

/** A new configuration together with how it came about. */
export interface Draw {
  readonly assignment: Assignment;
  readonly hash: string;
  readonly proposer: string;
  readonly parent: number | undefined;
  readonly warmup: boolean;
  /** draws thrown away because their configuration had been proposed before */
  readonly redraws: number;
}

const OWN_ATTEMPTS = 20;
const RANDOM_ATTEMPTS = 200;
/** Spaces up to this size are searched to the last configuration. */
const ENUMERABLE = 100_000;

export interface DrawSettings {
  readonly space: Space;
  readonly random: Proposer;
  /** all but the random control */
  readonly proposers: readonly Proposer[];
  readonly allocator: Allocator;
  readonly randomShare: number;
  /** limits the search to these configurations; undefined: the whole space */
  readonly pool?: Pool;
}

/**
 * Whether the trial belongs to the random control: whenever fewer than its share of all trials, those included that were
 * tried first, were drawn at random. What is drawn while the other proposers still warm up counts: it is random whoever's
 * turn it was, and a second helping would be taken from a small budget.
 * @param index trials before this one
 * @param randomSoFar how many of them were drawn at random
 */
export function isRandomTurn(index: number, randomSoFar: number, randomShare: number): boolean {
  const slack = 1e-9; // 15 * 0.2 is a hair above 3
  return randomSoFar < Math.floor((index + 1) * randomShare + slack);
}

/**
 * Makes the next configuration: whose turn it is, its proposal, and redraws until the configuration is new.
 * @param seen hashes of all configurations proposed before
 * @returns undefined when the space has no new configuration left
 */
export function drawNew(
  settings: DrawSettings,
  context: ProposalContext,
  seen: ReadonlySet<string>,
): Draw | undefined {
  const { space, random, proposers, allocator, randomShare } = settings;
  const randomSoFar = context.history.filter(({ proposer, warmup }) => proposer === random.name || warmup);
  const turn = proposers.length === 0 || isRandomTurn(context.index, randomSoFar.length, randomShare);
  const chosen = turn
    ? random.name
    : allocator.choose(
        proposers.map((p) => p.name),
        context,
      );
  const proposer = turn ? random : (proposers.find((p) => p.name === chosen) ?? random);
  let redraws = 0;
  const take = (assignment: Assignment, parent: number | undefined, warmup: boolean): Draw | undefined => {
    const hash = hashAssignment(space, assignment);
    if (!seen.has(hash)) return { assignment, hash, proposer: proposer.name, parent, warmup, redraws };
    redraws += 1;
    return undefined;
  };
  // A random draw is the random proposer's own merit, but no other's.
  const warmup = proposer !== random;
  if (settings.pool !== undefined) {
    const proposal = turn ? undefined : proposer.propose(context);
    const member =
      proposal === undefined
        ? settings.pool.pick(context.rng, seen)
        : settings.pool.nearest(proposal.assignment, seen);
    return member && take(member, proposal?.parent, proposal === undefined && warmup);
  }
  for (let attempt = 0; attempt < OWN_ATTEMPTS; attempt += 1) {
    const proposal = proposer.propose(context);
    if (proposal === undefined) break;
    const draw = take(proposal.assignment, proposal.parent, false);
    if (draw !== undefined) return draw;
  }
  for (let attempt = 0; attempt < RANDOM_ATTEMPTS; attempt += 1) {
    const draw = take(sample(space, context.rng), undefined, warmup);
    if (draw !== undefined) return draw;
  }
  if (cardinality(space) > ENUMERABLE) return undefined;
  const left: Assignment[] = [];
  for (const assignment of enumerate(space))
    if (!seen.has(hashAssignment(space, assignment))) left.push(assignment);
  return left.length === 0 ? undefined : take(context.rng.pick(left), undefined, warmup);
}

/** The stream of one proposal: a function of the search's seed and the trial's index. */
export function proposalRng(seed: number, trialIndex: number): Rng {
  return new Rng([seed, 'proposal', trialIndex]);
}
