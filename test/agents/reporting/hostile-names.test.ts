import { describe, expect, it } from 'vitest';
import { projectRun, type RecordedDecisionAt } from '../../../src/agents/loop/run-projection.js';
import { evolveResult } from '../../../src/agents/reporting/evolve-result.js';
import { lessons } from '../../../src/agents/reporting/lessons.js';
import { reportModel } from '../../../src/agents/reporting/report-model.js';
import { renderReport } from '../../../src/report/index.js';
import { EvolveResult, projectPaths } from '../../../src/schema/index.js';
import { contractOf } from '../support/encoded-data.js';
import { settingsOf } from '../support/scripted-run.js';
import { simulatedWorld } from '../support/simulated-world.js';

const hostile = [
  '<script>alert(1)</script>',
  '"><img src=x onerror=alert(1)>',
  "'; DROP TABLE events; --",
  '__proto__',
  'constructor',
  '${7*7}{{7*7}}',
  'a\u202Eb\u0000c\u001B[31m',
  'line\nbreak',
];

const world = simulatedWorld(1, 10);
const assignmentOf = (name: string) => JSON.parse(`{"model":"fm",${JSON.stringify(`use.${name}`)}:false}`);

/** A run on a log whose every name is hostile. */
function decisionsOf(names: readonly string[]): RecordedDecisionAt[] {
  const told: [string, unknown][] = [
    [
      'run-started',
      {
        settings: settingsOf(world),
        contract: contractOf({ label: names[0], split: `column:${names[1]}` }),
        refused: names.map((column) => ({
          table: 'log',
          column,
          role: 'leak',
          reason: `it equals ${column}`,
        })),
        warnings: names.map((name) => ({ code: 'DUPLICATE_ROWS', message: `of ${name}` })),
      },
    ],
    ['budget-granted', { trials: names.length, minutes: null }],
    ...names.map((name, trial): [string, unknown] => [
      'trial-committed',
      {
        arm: 'main',
        index: trial,
        trial,
        assignment: assignmentOf(name),
        proposer: 'random',
        parent: null,
        rung: 1,
        fidelity: 1,
        value: trial === 2 ? null : 0.6 + trial / 100,
        ci: null,
        faultCode: trial === 2 ? 'INTERNAL' : null,
        infrastructureFault: false,
        costSeconds: 1,
      },
    ]),
    [
      'search-analysed',
      {
        effects: names.map((name) => ({
          parameter: `use.${name}`,
          trials: 4,
          importance: 0.2,
          levels: [
            { level: 'false', trials: 2, effect: 0.01, ci: [0.001, 0.02] },
            { level: 'true', trials: 2, effect: -0.01, ci: [-0.02, -0.001] },
          ],
        })),
        proposers: [],
      },
    ],
    [
      'run-concluded',
      {
        scores: [
          {
            role: 'baseline',
            model: 'lr',
            assignment: assignmentOf(names[0]),
            metrics: { test: { auc: { mean: 0.7, sd: 0, n: 3, ci: [0.69, 0.71] } } },
            bestEpoch: 1,
            cost: { seconds: 5, trainings: 3, samples: 300 },
          },
        ],
        improvement: null,
      },
    ],
    ['grant-spent', { minimumGain: { value: 0.002, source: 'resolvable' } }],
  ];
  return told.map(([kind, payload], i) => ({ kind, payload, at: 1_700_000_000_000 + i }));
}

const pathsOf = (name: string) => projectPaths(`/data/${name}`);
const run = projectRun('run-1', decisionsOf(hostile));

describe('a run on a log of hostile names', () => {
  it('is told in a page that runs nothing, with every name as text', () => {
    const page = renderReport(reportModel(run, pathsOf('<b onclick=x>shop'), 0));
    const innocent = renderReport(
      reportModel(projectRun('run-1', decisionsOf(hostile.map((_, i) => `name ${i}`))), pathsOf('shop'), 0),
    );
    const tags = (html: string) => (html.match(/<\/?[a-z!][^\s>]*/gi) ?? []).map((tag) => tag.toLowerCase());
    // The same elements in the same order as for innocent names: no name became markup.
    expect(tags(page)).toEqual(tags(innocent));
    expect(tags(page)).not.toContain('<script');
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(page).toContain('__proto__');
    for (const control of ['\u0000', '\u001B']) expect(page).not.toContain(control);
  });

  it('keeps the names as they are where machines read them', () => {
    const about = { resumed: false, openingsBefore: 0, report: null };
    const result = evolveResult(run, pathsOf('shop'), about);
    expect(EvolveResult.safeParse(result).error).toBeUndefined();
    expect(result.refused.map(({ column }) => column)).toEqual(hostile);
    expect(JSON.parse(JSON.stringify(result))).toEqual(result);
    expect(result.trials).toMatchObject({ proposed: hostile.length, faults: 1 });
  });

  it('has a lesson for every refused column and the strongest effects, in the order of the journal', () => {
    const told = lessons(run, 'auc');
    hostile.forEach((name, i) => expect(told[i]).toContain(`log.${name} `));
    const effects = told.filter((lesson) => lesson.startsWith('Hypothesis: '));
    expect(effects).toHaveLength(6);
    effects.forEach((lesson, i) => expect(lesson).toContain(`use.${hostile[i]} near false helps`));
  });

  it('leaves objects alone that the names are members of', () => {
    reportModel(run, pathsOf('shop'), 0);
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>)['use.__proto__']).toBeUndefined();
  });
});
