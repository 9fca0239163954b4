import type { Names } from '../live/names.js';
import type { RequestBatch } from '../live/request-batch.js';
import type { SlateServer } from '../live/slate-server.js';
import type { ItemFeedback } from '../policy.js';
import { versionOf, type LivePolicy, type LiveRequest } from './live-policy.js';

/** Serves batches by a policy, without a string or an object per request. */
export class PolicyServer implements SlateServer {
  private readonly version: number;
  private slate = new Int32Array(0);
  private propensities = new Float64Array(0);

  constructor(
    private readonly policy: LivePolicy,
    versions: Names,
  ) {
    this.version = versions.code(versionOf(policy));
  }

  startDay(feedback: ItemFeedback): void {
    this.policy.learn(feedback);
  }

  serve(batch: RequestBatch): undefined {
    const { slateSize, candidateLimit } = batch;
    if (this.slate.length !== slateSize) {
      this.slate = new Int32Array(slateSize);
      this.propensities = new Float64Array(slateSize);
    }
    const request: { -readonly [key in keyof LiveRequest]: LiveRequest[key] } = {
      user: 0,
      second: 0,
      onWifi: false,
      candidates: batch.candidates,
      candidateCount: 0,
      randomKey: 0,
    };
    for (let n = 0; n < batch.count; n += 1) {
      request.user = batch.user[n];
      request.second = batch.second[n];
      request.onWifi = batch.onWifi[n] === 1;
      request.candidates = batch.candidates.subarray(n * candidateLimit, (n + 1) * candidateLimit);
      request.candidateCount = batch.candidateCount[n];
      request.randomKey = batch.randomKey[n];
      batch.filled[n] = this.policy.choose(request, this.slate, this.propensities);
      batch.slates.set(this.slate, n * slateSize);
      batch.propensities.set(this.propensities, n * slateSize);
      batch.version[n] = this.version;
    }
    return undefined;
  }
}
