import { Rng } from '../../platform/index.js';

export interface Arrivals {
  /** requests per second, Poisson */
  readonly rate: number;
  /** requests served at once; one queue feeds them in order */
  readonly servers: number;
}

export interface ResponseTimes {
  /** share of the time that a server is busy: rate x mean service time / servers */
  readonly utilisation: number;
  /** milliseconds from arrival to answer; infinite where utilisation is 1 or more, since the queue then only grows */
  readonly p50Ms: number;
  readonly p95Ms: number;
  readonly p99Ms: number;
}

const REQUESTS = 40_000;
/** The queue begins empty: these are not counted. */
const WARM_UP = 4_000;

/**
 * Response times of a first-come-first-served queue (M/G/c) whose service times are drawn from what was measured. Played, since
 * quantiles of M/G/c have no closed form: Kiefer & Wolfowitz, Trans. AMS 1955 (the recursion of waiting times). A function of its arguments
 * and the seed alone.
 * @param serviceMs measured times of single requests
 */
export function responseTimes(
  serviceMs: readonly number[],
  { rate, servers }: Arrivals,
  seed = 1,
): ResponseTimes {
  const mean = serviceMs.reduce((sum, ms) => sum + ms, 0) / serviceMs.length;
  const utilisation = (rate * mean) / 1000 / servers;
  if (utilisation >= 1) return { utilisation, p50Ms: Infinity, p95Ms: Infinity, p99Ms: Infinity };
  const rng = new Rng([seed, 'response-times']);
  const freeAt = new Float64Array(servers);
  const responses = new Float64Array(REQUESTS - WARM_UP);
  let now = 0;
  for (let request = 0; request < REQUESTS; request += 1) {
    now += (-Math.log(1 - rng.next()) * 1000) / rate;
    let first = 0;
    for (let server = 1; server < servers; server += 1) if (freeAt[server] < freeAt[first]) first = server;
    freeAt[first] = Math.max(now, freeAt[first]) + serviceMs[rng.integer(serviceMs.length)];
    if (request >= WARM_UP) responses[request - WARM_UP] = freeAt[first] - now;
  }
  responses.sort();
  const at = (share: number): number =>
    responses[Math.min(responses.length - 1, Math.floor(share * responses.length))];
  return { utilisation, p50Ms: at(0.5), p95Ms: at(0.95), p99Ms: at(0.99) };
}
