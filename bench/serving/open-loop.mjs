// Open loop: requests arrive by a Poisson process whatever the server does, and each latency counts from the moment at
// which the request should have been sent. A generator that waits for answers before it goes on (closed loop) sends
// nothing while a server stalls, and so leaves out just the requests that would have waited: coordinated omission.
import { Rng } from '../../dist/platform/index.js';
import { HttpConnections } from './http-connections.mjs';

/**
 * @param {{ url: string, rate: number, seconds: number, warmUpSeconds?: number, seed?: number, drainSeconds?: number,
 *   headers?: Record<string, string>, request: (i: number, rng: Rng) => { method: string, path: string, body?: unknown },
 *   onMeasuring?: () => void, onMeasured?: () => void }} options
 *   rate: requests a second. Arrivals of the warm-up are sent and not counted. What is not answered after `drainSeconds` counts as
 *   an error that took so long.
 * @returns {Promise<Load>}
 */
export async function openLoop({
  url,
  rate,
  seconds,
  warmUpSeconds = 0,
  seed = 1,
  drainSeconds = 10,
  headers = {},
  request,
  onMeasuring = () => {},
  onMeasured = () => {},
}) {
  const rng = new Rng(['open-loop', seed]);
  const connections = new HttpConnections(url, headers);
  const endMs = (warmUpSeconds + seconds) * 1000;
  const arrivals = [];
  for (let at = gap(rng, rate); at < endMs; at += gap(rng, rate)) arrivals.push(at);
  const texts = arrivals.map((_, i) => {
    const { method, path, body } = request(i, rng);
    return connections.request(method, path, body);
  });

  const counted = { accepted: [], refused: [], late: [], statuses: {}, errors: 0, withoutRetryAfter: 0 };
  const warmMs = warmUpSeconds * 1000;
  const underWay = new Map();
  const begin = performance.now();
  let next = 0;
  let measuring = false;
  const send = (i) => {
    const dueMs = arrivals[i];
    const isCounted = dueMs >= warmMs;
    if (isCounted) counted.late.push(performance.now() - begin - dueMs);
    underWay.set(i, dueMs);
    connections.send(texts[i], (error, answer) => {
      if (!underWay.delete(i) || !isCounted) return;
      const ms = performance.now() - begin - dueMs;
      if (error !== undefined) {
        counted.errors += 1;
        counted.accepted.push(ms);
        return;
      }
      counted.statuses[answer.status] = (counted.statuses[answer.status] ?? 0) + 1;
      if (answer.status === 503 || answer.status === 429) {
        counted.refused.push(ms);
        if (!/\r\nretry-after: *\d/.test(answer.headers)) counted.withoutRetryAfter += 1;
      } else counted.accepted.push(ms);
    });
  };

  await new Promise((resolve) => {
    const turn = () => {
      const nowMs = performance.now() - begin;
      if (!measuring && nowMs >= warmMs) {
        measuring = true;
        onMeasuring();
      }
      for (; next < arrivals.length && arrivals[next] <= nowMs; next += 1) send(next);
      if (next >= arrivals.length && nowMs >= endMs) resolve();
      else setTimeout(turn, Math.max(0, (arrivals[next] ?? endMs) - (performance.now() - begin)));
    };
    turn();
  });
  onMeasured();
  const drained = performance.now() + drainSeconds * 1000;
  while (underWay.size > 0 && performance.now() < drained) await new Promise((r) => setTimeout(r, 10));
  for (const dueMs of underWay.values()) {
    if (dueMs < warmMs) continue;
    counted.errors += 1;
    counted.accepted.push(performance.now() - begin - dueMs);
  }
  const sockets = connections.open;
  connections.close();
  return summary(counted, seconds, sockets);
}

/** Quantiles are of the requests that were let in, errors among them; refusals (503, 429) have their own. */
function summary({ accepted, refused, late, statuses, errors, withoutRetryAfter }, seconds, sockets) {
  return {
    requests: accepted.length + refused.length,
    answeredPerSecond: (accepted.length - errors) / seconds,
    errors,
    statuses,
    ms: quantiles(accepted),
    refused: {
      share: refused.length / Math.max(1, accepted.length + refused.length),
      withoutRetryAfter,
      ms: quantiles(refused),
    },
    // how late the generator itself was: part of every latency
    generatorLateMs: quantiles(late),
    sockets,
  };
}

function gap(rng, rate) {
  return (-Math.log(1 - rng.next()) / rate) * 1000;
}

export function quantiles(values) {
  const sorted = Float64Array.from(values).sort();
  const at = (q) =>
    sorted.length === 0 ? null : sorted[Math.min(sorted.length - 1, Math.ceil(q * sorted.length) - 1)];
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) };
}
