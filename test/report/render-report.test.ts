import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { renderReport } from '../../src/report/index.js';
import type { ReportModel } from '../../src/schema/index.js';
import { exampleReport } from './example-report.js';
import { hazards, unbalanced } from './page-checks.js';

const page = renderReport(exampleReport());

describe('renderReport', () => {
  it('is one page that runs and loads nothing', () => {
    expect(page.startsWith('<!doctype html>')).toBe(true);
    expect(hazards(page)).toEqual([]);
    expect(
      page.match(/https?:\/\/[^"' ]*/g)?.filter((url) => !url.startsWith('http://www.w3.org/')) ?? [],
    ).toEqual([]);
    expect(unbalanced(page)).toEqual([]);
    // The checks see what they look for.
    expect(hazards('<p onclick="x"><script>1</script><img src=x>')).toHaveLength(5);
    expect(unbalanced('<p><b></p>')).toEqual(['</p>']);
  });

  it('has a policy that allows its own style sheet and nothing else', () => {
    const policy = /http-equiv="Content-Security-Policy"\s+content="([^"]*)"/.exec(page)?.[1] ?? '';
    const sheets = [...page.matchAll(/<style[^>]*>([\s\S]*?)<\/style>/g)];
    expect(sheets).toHaveLength(1);
    const hash = createHash('sha256').update(sheets[0][1]).digest('base64');
    expect(policy).toBe(
      `default-src 'none'; style-src 'sha256-${hash}'; base-uri 'none'; form-action 'none'`,
    );
    expect(page).not.toContain(' style=');
  });

  it('shows every part of a run', () => {
    for (const text of [
      'dcnv2 is proven better than lr',
      '+0.0073',
      'Floor, baseline, best',
      'The search',
      'How the best came about',
      'What mattered',
      'Looks of the gate',
      'Leaderboard',
      'What was learned',
      'Columns that no model saw',
      'events.play_time_ms',
      'Warnings',
      'DUPLICATE_ROWS',
      'Contract and budget',
      '1 in this run, 2 before it',
      'aria-label="Best auc so far, by number of trials"',
      'aria-label="Lineage: auc of every trial in the order of proposals"',
    ]) {
      expect(page).toContain(text);
    }
    expect(page.match(/<svg /g)).toHaveLength(7);
  });

  it('is the same text for the same run, however many pages came before', () => {
    expect(renderReport(exampleReport())).toBe(page);
  });

  it('gives every id once, so that no picture takes the clip of another', () => {
    const ids = [...page.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [, id] of page.matchAll(/url\(#([^)]*)\)/g)) expect(ids).toContain(id);
  });

  it.each([
    '<script>alert(1)</script>',
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    '</title></style><script>alert(1)</script>',
    ']]></style><svg onload=alert(1)>',
    '&lt;script&gt;',
    '{{constructor}}${1}`',
    'javascript:alert(1)',
    '__proto__',
    '\u0000\u001b[31m\u202e',
    '',
    'x'.repeat(5000),
  ])('shows the hostile name %j as text wherever it stands', (name) => {
    const hostile = renderReport(exampleReport(name));
    expect(hazards(hostile)).toEqual([]);
    expect(unbalanced(hostile)).toEqual([]);
    expect(hostile.match(/<style/g)).toHaveLength(1);
    expect(hostile.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cs}]|\u202e/u);
  });

  it('escapes a column name inside the pictures too', () => {
    const hostile = renderReport(exampleReport('<script>alert(1)</script>'));
    const pictures = hostile.match(/<svg [\s\S]*?<\/svg>/g)?.join('') ?? '';
    expect(pictures).toContain('&lt;script&gt;');
    expect(pictures).not.toContain('<script');
  });

  it('says so when nothing was better, and when labels were shuffled', () => {
    const plain = exampleReport();
    const nothing: ReportModel = {
      ...plain,
      outcome: 'nothing-better',
      improvement: null,
      refit: null,
      scores: plain.scores.filter(({ role }) => role !== 'best'),
    };
    expect(renderReport(nothing)).toContain('Nothing was proven better than lr');
    expect(renderReport({ ...nothing, nullRun: true })).toContain('as it must be with shuffled labels');
    expect(renderReport({ ...nothing, gate: [] })).toContain('No candidate was sent to the gate.');
    expect(renderReport({ ...nothing, outcome: 'unfinished' })).toContain('This run is not finished');
  });

  it('draws a run in which nothing has happened yet', () => {
    const empty = renderReport({
      ...exampleReport(),
      outcome: 'unfinished',
      scores: [],
      improvement: null,
      minimumGain: null,
      trials: [],
      searchCurves: [],
      effects: [],
      proposers: {},
      gate: [],
      refused: [],
      learned: [],
      warnings: [],
      refit: null,
      budget: { seed: 1, trials: null, minutes: null, workers: 1, elapsedSeconds: 0, costSeconds: 0 },
    });
    expect(unbalanced(empty)).toEqual([]);
    expect(empty).not.toMatch(/NaN|Infinity|undefined/);
    expect(empty).toContain('No trial was scored.');
  });

  it('draws faults, a single trial, and values that do not differ', () => {
    const one = exampleReport('dropout', 1);
    const flat = { ...one.trials[0], value: 0.5, ci: null };
    const drawn = renderReport({
      ...one,
      trials: [flat, { ...flat, trial: 1, status: 'fault', value: null, incumbent: false, parents: [0] }],
      searchCurves: [{ name: 'engine', points: [{ trial: 1, best: 0.5, ci: null }] }],
    });
    expect(drawn).not.toMatch(/NaN|Infinity|undefined/);
    expect(drawn).toContain('1 failed');
  });

  it('says when lower is better, and ranks accordingly', () => {
    const model = exampleReport();
    const down = renderReport({ ...model, metric: 'logloss', direction: 'down' });
    expect(down).toContain('Lower is better.');
    const firstRow = (html: string): string =>
      /Leaderboard[\s\S]*?<tbody>[\s\S]*?<\/tr>/.exec(html)?.[0] ?? '';
    const full = model.trials.filter(({ status }) => status === 'scored').map(({ value }) => value ?? 0);
    expect(firstRow(page)).toContain(Math.max(...full).toFixed(4));
    expect(firstRow(down)).toContain(Math.min(...full).toFixed(4));
  });

  it('stays small', () => {
    expect(page.length).toBeLessThan(150_000);
  });
});
