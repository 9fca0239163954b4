import { describe, expect, it } from 'vitest';
import { renderReport } from '../../src/report/index.js';
import type { ReportModel, ReportTrial } from '../../src/schema/index.js';
import { exampleReport } from './example-report.js';
import { hazards, unbalanced, visibleText } from './page-checks.js';

/** A page that holds together and shows no number that is none. */
function sound(model: ReportModel): string {
  const page = renderReport(model);
  expect(hazards(page)).toEqual([]);
  expect(unbalanced(page)).toEqual([]);
  expect(page).not.toMatch(/NaN|Infinity|undefined|\[object/);
  const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
  expect(new Set(ids).size).toBe(ids.length);
  return page;
}

/** A run with curves of its scored trials only, as the engine makes them. */
function runOf(trials: readonly ReportTrial[]): ReportModel {
  const scored = trials.filter(({ value }) => value !== null);
  let best = -Infinity;
  const points = scored.map(({ value }, i) => {
    best = Math.max(best, value ?? best);
    return { trial: i + 1, best, ci: null };
  });
  return { ...exampleReport('dropout', 1), trials, searchCurves: [{ name: 'engine', points }] };
}

const fault = (trial: ReportTrial): ReportTrial => ({
  ...trial,
  status: 'fault',
  value: null,
  ci: null,
  faultCode: 'OUT_OF_MEMORY',
  incumbent: false,
});

describe('runs of every size', () => {
  it('without a single trial', () => {
    const page = sound({ ...runOf([]), effects: [], proposers: {} });
    expect(visibleText(page)).toContain('No trial was scored.');
    expect(visibleText(page)).toContain('trials 0 0 stopped early, 0 failed');
  });

  it('of faults only', () => {
    const trials = exampleReport('dropout', 9).trials.map(fault);
    const page = sound({ ...runOf(trials), effects: [] });
    expect(visibleText(page)).toContain('trials 9 0 stopped early, 9 failed');
    expect(visibleText(page)).toContain('No trial was scored.');
    expect(page).not.toContain('aria-label="Lineage');
  });

  it('of one trial', () => {
    const page = sound(runOf(exampleReport('dropout', 1).trials));
    expect(page).toContain('aria-label="Lineage');
    expect(visibleText(page)).toContain('trial 0');
  });

  it('of a trial that stopped early and led nothing', () => {
    const [trial] = exampleReport('dropout', 1).trials;
    sound(runOf([{ ...trial, status: 'stopped-early', fidelity: 1 / 9, incumbent: false }]));
  });

  it('of a thousand trials, in a page that a mail can carry', () => {
    const trials = exampleReport('dropout', 1000).trials;
    const page = sound(runOf(trials));
    expect(page.length).toBeLessThan(1_000_000);
    // The leaderboard is cut, and the twenty that stay are the best of those that were trained in full.
    const rows = /Leaderboard[\s\S]*?<tbody>([\s\S]*?)<\/tbody>/.exec(page)?.[1].match(/<tr/g) ?? [];
    expect(rows).toHaveLength(20);
  });

  it('with a lineage of a thousand generations', () => {
    const trials = exampleReport('dropout', 1000).trials.map((trial, i) => ({
      ...trial,
      parents: i === 0 ? [] : [i - 1],
      status: 'scored' as const,
      value: 0.7 + i * 1e-5,
      fidelity: 1,
      incumbent: true,
    }));
    const page = sound(runOf(trials));
    expect(visibleText(page)).toContain('trial 999');
  });
});

describe('values at the edge', () => {
  const [trial] = exampleReport('dropout', 1).trials;

  it.each([
    ['equal', [0.5, 0.5, 0.5]],
    ['zero', [0, 0]],
    ['negative', [-1.5, -0.2]],
    ['tiny', [1e-9, 3e-9]],
    ['huge', [1e12, 4e12]],
    ['of one and the next double', [0.7, 0.7 + Number.EPSILON]],
    ['of mixed size', [1e-9, 1e9]],
  ])('that are %s are drawn', (_, values) => {
    const trials = values.map((value, i) => ({
      ...trial,
      trial: i,
      value,
      ci: null,
      parents: i === 0 ? [] : [0],
    }));
    sound(runOf(trials));
  });

  it.each([[[0, 0]], [[-1e-5, 1e-5]], [[0.2, 0.9]]])('an interval of %j is drawn', (ci) => {
    const { scores, ...rest } = exampleReport('dropout', 2);
    const [low, high] = ci;
    const moved = scores.map((score) => ({
      ...score,
      metrics: {
        test: { auc: { mean: (low + high) / 2, sd: 0, n: 1, ci: [low, high] as [number, number] } },
      },
    }));
    sound({ ...rest, scores: moved });
  });

  it('of scores that no split has leave the chart and the table out', () => {
    const page = sound({
      ...exampleReport('dropout', 2),
      scores: [{ ...exampleReport().scores[0], metrics: {} }],
    });
    expect(page).not.toContain('with 95 % intervals"');
  });

  it('of models that were measured on different splits never share a column', () => {
    const model = exampleReport('dropout', 2);
    const [floor, ...others] = model.scores;
    const early: ReportModel = {
      ...model,
      scores: [
        { ...floor, metrics: { validation: { auc: { mean: 0.99, sd: 0, n: 1, ci: [0.98, 1] } } } },
        ...others,
      ],
    };
    const text = visibleText(sound(early));
    expect(text).not.toContain('0.9900');
    expect(text).toContain('popularity');
  });
});

describe('effects', () => {
  const base = exampleReport('dropout', 2);
  const effect = base.effects[0];

  it('of one point are left out, and at most nine are shown', () => {
    const many = Array.from({ length: 30 }, (_, i) => ({
      ...effect,
      parameter: `p${i}`,
      importance: i / 100,
    }));
    const page = sound({
      ...base,
      effects: [
        ...many,
        { ...effect, parameter: 'lonely', importance: 1, points: effect.points.slice(0, 1) },
      ],
    });
    const shown = [...page.matchAll(/aria-label="auc by (\w+)"/g)].map(([, name]) => name);
    expect(shown).toEqual(['p29', 'p28', 'p27', 'p26', 'p25', 'p24', 'p23', 'p22', 'p21']);
  });

  it('of values in any order are drawn in the order of the values', () => {
    const shuffled = [3, 1, 2].map((value) => ({ value, mean: value / 10, ci: null, trials: 2 }));
    const page = sound({ ...base, effects: [{ ...effect, parameter: 'k', scale: 'log', points: shuffled }] });
    const svg = /<svg [^>]*aria-label="auc by k"[\s\S]*?<\/svg>/.exec(page)?.[0] ?? '';
    const labels = [...svg.matchAll(/text-anchor="middle"[^>]*>([^<]*)</g)].map(([, text]) => text);
    expect(labels).toEqual(['1', '2', '3']);
  });

  it('of booleans and texts are categories under their names', () => {
    const points = [false, true, 'x'.repeat(40)].map((value, i) => ({
      value,
      mean: 0.7 + i / 100,
      ci: null,
      trials: 2,
    }));
    const page = sound({
      ...base,
      effects: [{ ...effect, parameter: 'flag', scale: 'categorical', points }],
    });
    expect(page).toContain('>false<');
    expect(page).toContain('…');
  });
});
