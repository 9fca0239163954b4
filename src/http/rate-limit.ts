import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Refusal } from './refusal.js';

/** Counts the requests of each client in windows of a second. */
export class RateLimit {
  private readonly limiter: RateLimiterMemory | undefined;

  /** @param perSecond requests of one client; 0: no limit */
  constructor(private readonly perSecond: number) {
    if (perSecond > 0) this.limiter = new RateLimiterMemory({ points: perSecond, duration: 1 });
  }

  /** @returns why the request is refused; undefined where the client has requests left */
  async take(client: string): Promise<Refusal | undefined> {
    try {
      await this.limiter?.consume(client);
      return undefined;
    } catch (left) {
      if (!(left instanceof RateLimiterRes)) throw left;
      return {
        status: 429,
        code: 'TOO_MANY_REQUESTS',
        message: `This client sent more than ${this.perSecond} requests in a second`,
        remedy: 'Send the request again after the time in Retry-After.',
        retryAfterMs: left.msBeforeNext,
      };
    }
  }
}
