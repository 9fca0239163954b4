import { Rng } from '../../src/platform/index.js';
import { projectedValues, type ProposalContext, type Trial } from '../../src/search/index.js';
import { hashAssignment, type Assignment, type Space } from '../../src/space/index.js';

/** A trial as a search would hold it. */
export function trial(
  space: Space,
  index: number,
  assignment: Assignment,
  scores: readonly number[],
  state: Trial['state'] = 'finished',
  over: Partial<Trial> = {},
): Trial {
  return {
    index,
    assignment,
    hash: hashAssignment(space, assignment),
    proposer: 'random',
    parent: undefined,
    warmup: false,
    scores,
    costSeconds: 1,
    work: 1,
    state,
    fault: undefined,
    ...over,
  };
}

export function contextOf(
  space: Space,
  history: readonly Trial[],
  seed: number,
  rungCount = 1,
): ProposalContext {
  return {
    space,
    history,
    values: projectedValues(history, rungCount),
    rng: new Rng([seed]),
    index: history.length,
  };
}
