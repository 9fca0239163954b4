import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { axisRange } from '../../src/report/charts/range.js';
import { escapeHtml, html } from '../../src/report/html.js';
import { lastIncumbent, lineageOf } from '../../src/report/lineage.js';
import type { ReportTrial } from '../../src/schema/index.js';
import { exampleReport } from './example-report.js';

describe('html', () => {
  it('escapes values and keeps markup, nested and in lists', () => {
    const items = ['<b>', '"'].map((item) => html`<li title="${item}">${item}</li>`);
    const { text } = html`<p>${items}${null}${undefined}${0}</p>`;
    expect(text).toBe('<p><li title="&lt;b&gt;">&lt;b&gt;</li><li title="&quot;">&quot;</li>0</p>');
  });

  it('lets no text end an attribute or begin an element', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const escaped = escapeHtml(text);
        expect(escaped).not.toMatch(/[<>"']/);
        expect(escaped.replace(/&(amp|lt|gt|quot|#39);/g, '')).not.toContain('&');
      }),
    );
  });

  it('gives ordinary text back when it is read again', () => {
    const read = (text: string): string =>
      text.replace(
        /&(amp|lt|gt|quot|#39);/g,
        (_, name: string) => ({ amp: '&', lt: '<', gt: '>', quot: '"' })[name] ?? "'",
      );
    fc.assert(fc.property(fc.string(), (text) => read(escapeHtml(text)) === text));
  });
});

describe('axisRange', () => {
  it('has round ends', () => {
    expect(axisRange([0.7245, 0.7393])).toEqual({ min: 0.72, max: 0.74, interval: 0.005 });
    expect(axisRange([3, 97], 4)).toEqual({ min: 0, max: 100, interval: 50 });
    expect(axisRange([])).toEqual({ min: 0, max: 1, interval: 0.2 });
    expect(axisRange([NaN, Infinity])).toEqual({ min: 0, max: 1, interval: 0.2 });
  });

  it('holds every value, with few ticks that hit both ends', () => {
    const value = fc
      .double({ min: -1e6, max: 1e6, noNaN: true })
      .filter((x) => x === 0 || Math.abs(x) > 1e-6);
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (values) => {
        const { min, max, interval } = axisRange(values);
        expect(min).toBeLessThan(max);
        expect(min).toBeLessThanOrEqual(Math.min(...values));
        expect(max).toBeGreaterThanOrEqual(Math.max(...values));
        const steps = (max - min) / interval;
        expect(Math.abs(steps - Math.round(steps))).toBeLessThan(1e-4);
        expect(steps).toBeLessThanOrEqual(8.01);
      }),
    );
  });
});

describe('lineage', () => {
  const trial = (number: number, parents: number[], dropout: number | undefined): ReportTrial => ({
    ...exampleReport('dropout', 1).trials[0],
    trial: number,
    parents,
    model: number < 2 ? 'lr' : 'dnn',
    assignment: dropout === undefined ? {} : { dropout },
    incumbent: number !== 3,
  });
  const trials = [trial(0, [], 0), trial(1, [0], 0.1), trial(2, [1, 0], undefined), trial(3, [2], 0.3)];

  it('goes from the root to the last incumbent by first parents, with what changed', () => {
    const end = lastIncumbent(trials);
    expect(end?.trial).toBe(2);
    expect(
      lineageOf(trials, trials[2]).map(({ trial: { trial: number }, changes }) => [number, changes]),
    ).toEqual([
      [
        0,
        [
          { parameter: 'model', from: undefined, to: 'lr' },
          { parameter: 'dropout', from: undefined, to: '0' },
        ],
      ],
      [1, [{ parameter: 'dropout', from: '0', to: '0.1' }]],
      [
        2,
        [
          { parameter: 'model', from: 'lr', to: 'dnn' },
          { parameter: 'dropout', from: '0.1', to: undefined },
        ],
      ],
    ]);
  });

  it('ends on a parent that is not there, and on a circle', () => {
    expect(lineageOf([trials[3]], trials[3])).toHaveLength(1);
    const circle = [trial(0, [1], 0), trial(1, [0], 0.1)];
    expect(lineageOf(circle, circle[1]).map(({ trial: { trial: number } }) => number)).toEqual([0, 1]);
    expect(lastIncumbent([])).toBeUndefined();
  });

  it('reads own settings only', () => {
    const odd = { ...trial(0, [], 0), assignment: Object.fromEntries([['constructor', 1]]) };
    const next = { ...trial(1, [0], 0.1), assignment: {} };
    expect(lineageOf([odd, next], next)[1].changes).toEqual([
      { parameter: 'constructor', from: '1', to: undefined },
    ]);
  });
});
