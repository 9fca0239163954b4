import { describe, expect, it } from 'vitest';
import { busiest, medianOf, stepUp } from '../../bench/serving/modes.mjs';
import { samplesOf, usageBetween } from '../../bench/serving/server-usage.mjs';
import { tableOf } from '../../bench/serving/table.mjs';

describe('the summary of a serving benchmark', () => {
  it('takes the median of every number over repeats, and nothing for what was never measured', () => {
    const runs = [
      { ms: { p50: 3, p99: null }, statuses: { 200: 5 } },
      { ms: { p50: 1, p99: 9 }, statuses: { 200: 7, 503: 1 } },
      { ms: { p50: 2, p99: 8 }, statuses: { 200: 9 } },
    ];
    expect(medianOf(runs)).toEqual({ ms: { p50: 2, p99: 8.5 }, statuses: { 200: 7, 503: 1 } });
    expect(medianOf([null, undefined])).toBe(null);
  });

  it('reads metrics without labels, and what rose between two marks', () => {
    const text = (ms: number, requests: number): string =>
      `# HELP x\nautomodel_service_model_ms ${ms}\nautomodel_service_requests ${requests}\nlabelled{a="b"} 4\nautomodel_service_candidates_scored ${requests * 500}\n`;
    const mark = (atMs: number, cpuSeconds: number, ms: number, requests: number) => ({
      atMs,
      usage: { cpuSeconds, residentMib: 100, mostResidentMib: 120 },
      samples: samplesOf(text(ms, requests)),
    });
    expect(Object.keys(samplesOf(text(1, 2)))).not.toContain('labelled');
    const usage = usageBetween(mark(1000, 5, 100, 10), mark(3000, 6, 1100, 60));
    expect(usage).toMatchObject({
      cores: 0.5,
      modelShare: 0.5,
      modelMsPerRequest: 20,
      candidatesPerRequest: 500,
      residentMib: 100,
    });
    const several = (mark: { samples: object }) => ({
      ...mark,
      samples: { ...mark.samples, automodel_service_model_instances: 2 },
    });
    const [begin, end] = [mark(1000, 5, 100, 10), mark(3000, 6, 1100, 60)];
    expect(usageBetween(several(begin), several(end))).toMatchObject({
      modelShare: 0.25,
      modelMsPerRequest: 20,
    });
    // a plain server has no metrics, and another system no /proc
    const bare = { atMs: 1, usage: undefined, samples: {} };
    expect(usageBetween(bare, { ...bare, atMs: 2 })).toMatchObject({ cores: null, modelShare: null });
  });

  it('takes the busiest of what can be full: the cores, the thread of the model, the one thread of a plain server', () => {
    expect(busiest({ server: { utilisation: 0.4, modelShare: 0.6, cores: 0.8 } })).toBe(0.6);
    expect(busiest({ server: { utilisation: 0.7, modelShare: 0.6, cores: 1.4 } })).toBe(0.7);
    expect(busiest({ server: { utilisation: 0.45, modelShare: null, cores: 0.9 } })).toBe(0.9);
  });

  it('steps up while long runs use less than they may, and keeps what held', async () => {
    const median = (utilisation: number, p99 = 20) => ({
      server: { utilisation, modelShare: null },
      errors: 0,
      refused: { share: 0 },
      ms: { p99 },
    });
    const asked: number[] = [];
    const server =
      (use: (rate: number) => number, slowFrom = Infinity) =>
      async (rate: number) => {
        asked.push(rate);
        return { rate, repeats: [], median: median(use(rate), rate >= slowFrom ? 900 : 20) };
      };
    const linear = (rate: number): number => rate / 200;
    expect((await stepUp(server(linear), 100, 0.7)).rate).toBe(135);
    expect(asked).toEqual([100, 135]);
    // use that grows faster than the rate, and a server that cannot keep up: the step is taken back
    expect(
      (
        await stepUp(
          server((rate) => (rate > 110 ? 0.8 : 0.5)),
          100,
          0.7,
        )
      ).rate,
    ).toBe(100);
    expect((await stepUp(server(linear, 120), 100, 0.7)).rate).toBe(100);
    asked.length = 0;
    expect(
      (
        await stepUp(
          server(() => 0.66),
          100,
          0.7,
        )
      ).rate,
    ).toBe(100);
    expect(asked).toEqual([100]);
  });

  it('prints a row for each mode and what was never measured as a dash', () => {
    const median = {
      answeredPerSecond: 99.5,
      errors: 0,
      ms: { p50: 5, p95: 8, p99: 12.34 },
      refused: { share: 0.5, ms: { p99: null } },
      server: { utilisation: 0.25, modelShare: null, residentMib: 200 },
      generatorLateMs: { p99: 1 },
    };
    const measured = (p99: number) => ({
      rate: 100,
      median: { ...median, ms: { ...median.ms, p99 } },
      repeats: [{ refused: { withoutRetryAfter: 2 } }],
    });
    const row = { title: 'DIN', candidates: 500 };
    const text = tableOf({
      machine: { processor: 'P', cores: 2, node: 'v20' },
      options: { seconds: 60, warmUpSeconds: 10, repeats: 5 },
      modelThreads: 1,
      modelInstances: 2,
      rows: [
        { ...row, server: 'automodel', fixed: measured(12.34), overload: measured(50) },
        { ...row, server: 'plain', fixed: measured(24.68) },
      ],
    });
    expect(text).toContain(
      '| DIN | 500 | automodel | fixed | 100 | 99.5 | 5.0 | 8.0 | 12.3 | 0 | 50 % | – | 25 % | – | 200 | 1.0 |',
    );
    expect(text).toContain('2 model instance(s) of 1 thread(s)');
    expect(text).toContain('| DIN | 500 | automodel | overload |');
    expect(text).toContain('its p99 2.00x ours');
    expect(text).toContain('Refusals without Retry-After: 2.');
  });
});
