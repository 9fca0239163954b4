import { describe, expect, it } from 'vitest';
import { responseTimes } from '../../../src/agents/autoperf/response-times.js';
import { Rng } from '../../../src/platform/index.js';

const quantile = (rate: number, share: number): number => -Math.log(1 - share) / rate;

describe('responseTimes', () => {
  const exponential = (meanMs: number): number[] => {
    const rng = new Rng(3);
    return Array.from({ length: 20_000 }, () => -Math.log(1 - rng.next()) * meanMs);
  };

  it('agrees with M/M/1, whose response time is exponential with rate μ - λ', () => {
    const service = exponential(10);
    const mean = service.reduce((sum, ms) => sum + ms, 0) / service.length;
    const { utilisation, p50Ms, p95Ms, p99Ms } = responseTimes(service, { rate: 50, servers: 1 });
    const rest = 1 / mean - 0.05; // per millisecond
    expect(utilisation).toBeCloseTo(0.5, 1);
    expect(Math.abs(p50Ms / quantile(rest, 0.5) - 1)).toBeLessThan(0.06);
    expect(Math.abs(p95Ms / quantile(rest, 0.95) - 1)).toBeLessThan(0.08);
    expect(Math.abs(p99Ms / quantile(rest, 0.99) - 1)).toBeLessThan(0.12);
  });

  it('agrees with M/D/1 on the share that does not wait at all', () => {
    const { p50Ms } = responseTimes([10], { rate: 30, servers: 1 });
    // 70 % of the arrivals find the server free (Poisson arrivals see time averages)
    expect(p50Ms).toBe(10);
    const { p50Ms: busier } = responseTimes([10], { rate: 60, servers: 1 });
    expect(busier).toBeGreaterThan(10);
  });

  it('waits less with two servers at the same utilisation', () => {
    const service = exponential(10);
    const one = responseTimes(service, { rate: 80, servers: 1 });
    const two = responseTimes(service, { rate: 160, servers: 2 });
    expect(two.utilisation).toBeCloseTo(one.utilisation, 12);
    expect(two.p99Ms).toBeLessThan(0.8 * one.p99Ms);
  });

  it('has no finite quantile for what cannot be served', () => {
    expect(responseTimes([10], { rate: 100, servers: 1 })).toEqual({
      utilisation: 1,
      p50Ms: Infinity,
      p95Ms: Infinity,
      p99Ms: Infinity,
    });
    expect(responseTimes([10], { rate: 100, servers: 2 }).p99Ms).toBeLessThan(100);
  });

  it('is a function of its arguments', () => {
    const service = [4, 5, 9];
    const arrivals = { rate: 100, servers: 1 };
    expect(responseTimes(service, arrivals, 2)).toEqual(responseTimes(service, arrivals, 2));
    expect(responseTimes(service, arrivals, 2)).not.toEqual(responseTimes(service, arrivals, 3));
  });
});
