import type { ItemFeedback, PolicyRequest } from '../policy.js';

/** What a policy may know when a user asks: nothing of the mood of the session. */
export interface LiveRequest extends PolicyRequest {
  readonly onWifi: boolean;
}

/** Chooses what is shown, request by request. Every policy of the log generator is one. */
export interface LivePolicy {
  readonly id: number;
  readonly modelVersion: number;
  /** Called before each day with everything that was reported of its own pages until then. */
  learn(feedback: ItemFeedback): void;
  /**
   * Writes the slate, best position first, and the probability with which each item was chosen for its position given
   * the positions above it. Returns the number of positions filled. Depends on the request and on what was learnt, alone.
   */
  choose(request: LiveRequest, slate: Int32Array, propensities: Float64Array): number;
}

/** Name of what answers, as a log has it. */
export function versionOf({ id, modelVersion }: LivePolicy): string {
  return `policy-${id}/${modelVersion}`;
}
