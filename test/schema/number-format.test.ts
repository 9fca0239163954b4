import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatCount,
  formatDifference,
  formatDuration,
  formatInterval,
  formatShare,
  formatSpread,
  formatSummary,
  formatValue,
  metricDirections,
  primaryMetric,
  scoreColumns,
  type MetricSummary,
} from '../../src/schema/index.js';

const value = fc.double({ min: -1e6, max: 1e6, noNaN: true });

describe('formatValue', () => {
  it.each([
    [0.00099, '0.00099'],
    [0.001, '0.0010'],
    [-0.00012, '-0.00012'],
    [999.9999, '999.9999'],
    [1000, '1000.0'],
    [-1234.56, '-1234.6'],
    [-0, '0.0000'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
  ])('%d is %s', (number, text) => expect(formatValue(number)).toBe(text));

  it('is the number to half of its last digit', () => {
    fc.assert(
      fc.property(value, (x) => {
        const text = formatValue(x);
        const decimals = text.split('.')[1].length;
        expect(Math.abs(Number(text) - x)).toBeLessThanOrEqual(0.5001 * 10 ** -decimals);
      }),
    );
  });
});

describe('formatDifference', () => {
  it('always has its sign, and reads back', () => {
    fc.assert(
      fc.property(value, (x) => {
        const text = formatDifference(x);
        expect(text[0]).toBe(x < 0 ? '−' : '+');
        expect(Number(text.replace('−', '-'))).toBeCloseTo(x, 0);
      }),
    );
    expect(formatDifference(0)).toBe('+0.0000');
  });
});

describe('formatSummary', () => {
  const summary: MetricSummary = { mean: 0.00042, sd: 0.00003, n: 3, ci: [0.0003, 0.0005] };

  it('writes all its numbers in the decimals of the mean, so that they can be compared', () => {
    expect(formatSummary(summary)).toBe('0.00042 ± 0.00003 [0.00030, 0.00050]');
    expect(formatSummary({ ...summary, mean: 1500, sd: 3, ci: [1490, 1510] })).toBe(
      '1500.0 ± 3.0 [1490.0, 1510.0]',
    );
  });

  it('says nothing of a spread over one seed', () => {
    expect(formatSpread({ ...summary, n: 1 })).toBe('[0.00030, 0.00050]');
  });

  it('keeps the ends of an interval in order', () => {
    fc.assert(
      fc.property(value, value, (a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        const [, first, second] = /^\[(\S+), (\S+)\]$/.exec(formatInterval([low, high])) ?? [];
        expect(Number(first)).toBeLessThanOrEqual(Number(second) + 1e-4 * Math.max(1, Math.abs(high)));
      }),
    );
  });
});

describe('formatDuration', () => {
  /** Seconds that the text says. */
  const read = (text: string): number => {
    const units: Readonly<Record<string, number>> = { s: 1, min: 60, h: 3600 };
    return [...text.matchAll(/([\d.]+) (s|min|h)/g)].reduce(
      (sum, [, count, unit]) => sum + Number(count) * units[unit],
      0,
    );
  };

  it('says the time to its last unit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e7, noNaN: true }), (seconds) => {
        const text = formatDuration(seconds);
        const unit = text.includes('h') ? 60 : text.includes('min') || seconds >= 10 ? 1 : 0.1;
        expect(Math.abs(read(text) - seconds)).toBeLessThanOrEqual(0.51 * unit + (unit === 60 ? 0.5 : 0));
      }),
    );
  });
});

describe('formatCount and formatShare', () => {
  it('group and round, in no locale but one', () => {
    expect([0, 999, 1000, 1e6, 1234567.6].map(formatCount)).toEqual([
      '0',
      '999',
      '1,000',
      '1,000,000',
      '1,234,568',
    ]);
    expect([0.0999, 0.1, 0.995, 1].map(formatShare)).toEqual(['10.0 %', '10 %', '100 %', '100 %']);
  });
});

describe('scoreColumns', () => {
  const summary: MetricSummary = { mean: 0.7, sd: 0, n: 1, ci: [0.6, 0.8] };
  const score = (split: 'train' | 'validation' | 'test', ...names: string[]) => ({
    metrics: { [split]: Object.fromEntries(names.map((name) => [name, summary])) },
  });

  it('takes the most final split that anything has, with the metrics of that split alone', () => {
    expect(scoreColumns([score('validation', 'auc', 'ece'), score('test', 'auc')], 'auc')).toEqual({
      split: 'test',
      metrics: ['auc'],
    });
    expect(scoreColumns([score('train', 'auc'), score('validation', 'ne')], 'auc')?.split).toBe('validation');
    expect(scoreColumns([], 'auc')).toBeUndefined();
    expect(scoreColumns([{ metrics: {} }], 'auc')).toBeUndefined();
  });

  it('puts the primary metric first, then the usual order, strangers last, each once', () => {
    const columns = scoreColumns(
      [score('test', 'mine', 'ece', 'gauc', 'logloss'), score('test', 'auc', 'ece')],
      'logloss',
    );
    expect(columns?.metrics).toEqual(['logloss', 'auc', 'gauc', 'ece', 'mine']);
  });
});

describe('metric directions', () => {
  it('know the primary metric of every task; losses and errors fall, ranks rise', () => {
    for (const metric of Object.values(primaryMetric))
      expect(['up', 'down']).toContain(metricDirections[metric]);
    for (const metric of ['logloss', 'ne', 'ece', 'rmse', 'mae'])
      expect(metricDirections[metric]).toBe('down');
    for (const metric of ['auc', 'gauc', 'hr@10', 'ndcg@10', 'mrr@10'])
      expect(metricDirections[metric]).toBe('up');
  });
});
