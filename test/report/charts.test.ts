import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { renderReport } from '../../src/report/index.js';
import type { ReportModel, ReportTrial } from '../../src/schema/index.js';
import { exampleReport } from './example-report.js';
import { picture, visibleText } from './page-checks.js';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** Tick labels of one axis as (pixel, value), and the line through them. */
function scaleOf(svg: string, axis: 'x' | 'y'): (pixel: number) => number {
  const anchor = axis === 'x' ? 'middle' : 'end';
  const ticks = [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].flatMap(([, attributes, text]) => {
    const at = /translate\(([-\d.]+) ([-\d.]+)\)/.exec(attributes);
    const isTick =
      attributes.includes(`text-anchor="${anchor}"`) && text.trim() !== '' && Number.isFinite(Number(text));
    return at !== null && isTick ? [{ pixel: Number(at[axis === 'x' ? 1 : 2]), value: Number(text) }] : [];
  });
  const [first, last] = [ticks[0], ticks[ticks.length - 1]];
  expect(ticks.length).toBeGreaterThan(2);
  return (pixel) =>
    first.value + ((pixel - first.pixel) * (last.value - first.value)) / (last.pixel - first.pixel);
}

/** Centres of the symbols of a scatter or line series, in the order in which they were drawn. */
function symbols(svg: string): Point[] {
  return [...svg.matchAll(/<path d="[^"]*A[^"]*" transform="([^"]*)"/g)].map(([, transform]) => {
    const numbers = (/\(([^)]*)\)/.exec(transform)?.[1] ?? '').split(/[ ,]/).map(Number);
    return { x: numbers[numbers.length - 2], y: numbers[numbers.length - 1] };
  });
}

/** Ends of the straight strokes of one width. */
function strokes(svg: string, width: number, opacity: number): { from: Point; to: Point }[] {
  return [...svg.matchAll(/<path d="M([-\d.]+) ([-\d.]+)L([-\d.]+) ([-\d.]+)"([^>]*)>/g)]
    .filter(
      ([, , , , , rest]) =>
        rest.includes(`stroke-opacity="${opacity}"`) &&
        (width === 1 || rest.includes(`stroke-width="${width}"`)),
    )
    .map(([, x1, y1, x2, y2]) => ({
      from: { x: Number(x1), y: Number(y1) },
      to: { x: Number(x2), y: Number(y2) },
    }));
}

const model = exampleReport('dropout', 40);
const page = renderReport(model);

describe('the picture of the scores', () => {
  const svg = picture(page, 'test auc with 95 % intervals');

  it('has its points at the means and its bars at the ends of the intervals', () => {
    const value = scaleOf(svg, 'x');
    const summaries = model.scores.map(({ metrics }) => metrics.test?.['auc']);
    const points = symbols(svg);
    const bars = strokes(svg, 2, 0.75);
    expect(points).toHaveLength(summaries.length);
    expect(bars).toHaveLength(summaries.length);
    for (const [i, summary] of summaries.entries()) {
      // one pixel is 0.0002 here
      expect(value(points[i].x)).toBeCloseTo(summary?.mean ?? 0, 3);
      expect(value(bars[i].from.x)).toBeCloseTo(summary?.ci[0] ?? 0, 3);
      expect(value(bars[i].to.x)).toBeCloseTo(summary?.ci[1] ?? 0, 3);
      expect(bars[i].from.y).toBeCloseTo(points[i].y, 0);
    }
  });

  it('names every model with its role, in the order of the table', () => {
    const text = visibleText(svg);
    const at = model.scores.map(({ model: name, role }) => text.indexOf(`${name} · ${role}`));
    expect(at.every((position) => position >= 0)).toBe(true);
    expect([...at].sort((a, b) => a - b)).toEqual(at);
  });
});

describe('the picture of the lineage', () => {
  const svg = picture(page, 'Lineage: auc of every trial in the order of proposals');
  const scored = model.trials.filter(
    (trial): trial is ReportTrial & { value: number } => trial.value !== null,
  );

  it('has a point for every scored trial at its number and value, and none for a fault', () => {
    const [x, y] = [scaleOf(svg, 'x'), scaleOf(svg, 'y')];
    expect(scored.length).toBeLessThan(model.trials.length);
    const drawn = symbols(svg).map((point) => [Math.round(x(point.x)), y(point.y)]);
    for (const { trial, value } of scored)
      expect(drawn.some(([number, height]) => number === trial && Math.abs(height - value) < 1e-4)).toBe(
        true,
      );
    expect(drawn.some(([number]) => number === 23)).toBe(false);
  });

  it('has a line from each parent to its child', () => {
    const [x, y] = [scaleOf(svg, 'x'), scaleOf(svg, 'y')];
    const lines = strokes(svg, 1, 0.4).map(({ from, to }) =>
      [from, to].map((end) => [Math.round(x(end.x)), y(end.y)]),
    );
    const children = scored.filter(({ parents }) => parents.length > 0);
    expect(lines).toHaveLength(children.length);
    for (const child of children) {
      const parent = scored.find(({ trial }) => trial === child.parents[0]);
      const found = lines.some(
        ([from, to]) =>
          from[0] === parent?.trial &&
          to[0] === child.trial &&
          Math.abs(from[1] - parent.value) < 1e-4 &&
          Math.abs(to[1] - child.value) < 1e-4,
      );
      expect(found).toBe(true);
    }
  });
});

describe('the pictures of effects', () => {
  it('stand at their means, the most important first, all on one scale', () => {
    const ranked = model.effects.toSorted((a, b) => b.importance - a.importance);
    const order = ranked.map(({ parameter }) => page.indexOf(`aria-label="auc by ${parameter}"`));
    expect([...order].sort((a, b) => a - b)).toEqual(order);
    const ticks = new Set<string>();
    for (const effect of ranked) {
      const svg = picture(page, `auc by ${effect.parameter}`);
      const y = scaleOf(svg, 'y');
      ticks.add([y(0), y(100)].map((value) => value.toFixed(5)).join());
      const heights = symbols(svg).map((point) => y(point.y));
      expect(heights).toHaveLength(effect.points.length);
      for (const [i, { mean }] of effect.points.entries()) expect(heights[i]).toBeCloseTo(mean, 3);
    }
    expect(ticks.size).toBe(1);
  });

  it('say the share that the table of importances says', () => {
    expect(visibleText(page)).toContain('dropout explains 31 % of the variance');
  });
});

describe('the picture of the search', () => {
  it('steps through the best values of each curve', () => {
    const points = [0.71, 0.72, 0.72, 0.735].map((best, i) => ({
      trial: i + 1,
      best,
      ci: [best - 0.004, best + 0.003] as const,
    }));
    const curves = [
      { name: 'engine', points },
      { name: 'random', points: [{ trial: 1, best: 0.715, ci: null }] },
    ];
    const svg = picture(
      renderReport({ ...model, searchCurves: curves }),
      'Best auc so far, by number of trials',
    );
    const [x, y] = [scaleOf(svg, 'x'), scaleOf(svg, 'y')];
    const lines = [...svg.matchAll(/<path d="M([-\d. L]+)" fill="none" stroke="var\(--c\d\)"/g)].map(
      ([, d]) => d.split('L').map((pair) => pair.trim().split(' ').map(Number)),
    );
    const [engine, random] = lines.map((line) => line.map(([px, py]) => [x(px), y(py)]));
    for (const { trial, best } of points)
      expect(engine.some(([tx, ty]) => Math.abs(tx - trial) < 0.01 && Math.abs(ty - best) < 2e-4)).toBe(true);
    // a curve with fewer trials goes on level to the end, so that the two can be compared there
    expect(random[random.length - 1][0]).toBeCloseTo(4, 1);
    for (const [, height] of random) expect(Math.abs(height - 0.715)).toBeLessThan(2e-4);
  });
});

describe('numbers in the text', () => {
  it('are those of the model: claim, tiles, gate, budget', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0.0002, max: 0.05, noNaN: true }),
        fc.integer({ min: 0, max: 20 }),
        fc.integer({ min: 0, max: 3 }),
        (difference, before, thisRun) => {
          const changed: ReportModel = {
            ...exampleReport('dropout', 3),
            improvement: {
              metric: 'auc',
              split: 'test',
              difference,
              ci: [difference / 2, 2 * difference],
              se: 0.001,
            },
            testOpenings: { before, thisRun },
          };
          const text = visibleText(renderReport(changed));
          const shown = (value: number): string => `+${value.toFixed(value < 0.001 ? 5 : 4)}`;
          expect(text).toContain(`test auc improves by ${shown(difference)}`);
          expect(text).toContain(`${shown(difference / 2)} to ${shown(2 * difference)}`);
          expect(text).toContain(
            `test openings ${before + thisRun} ${thisRun} in this run, ${before} before it`,
          );
        },
      ),
      { numRuns: 8 },
    );
  });

  it('show a loss as a loss', () => {
    const worse: ReportModel = {
      ...exampleReport('dropout', 3),
      improvement: { metric: 'auc', split: 'test', difference: -0.0021, ci: [-0.004, -0.0002], se: 0.001 },
    };
    expect(visibleText(renderReport(worse))).toContain('−0.0021');
  });
});
