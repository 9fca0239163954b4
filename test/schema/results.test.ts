import { describe, expect, it } from 'vitest';
import { CommandEnvelope, commandResults, MetricSummary, MetricTable } from '../../src/schema/index.js';
import * as examples from '../cli/example-results.js';

const results: Readonly<Record<string, unknown>> = {
  init: examples.initResult,
  profile: examples.profileResult,
  audit: examples.auditResult,
  train: examples.trainResult,
  predict: examples.predictResult,
  evaluate: examples.evaluateResult,
  evolve: examples.evolveResult,
  calibrate: examples.calibrateResult,
  report: examples.reportResult,
  salvage: examples.salvageResult,
  serve: examples.serveResult,
  'plan-serving': examples.planServingResult,
  'plan-training': examples.planTrainingResult,
  'demo online': examples.demoOnlineResult,
  'world generate': examples.worldResult,
  'experiment analyze': examples.experimentAnalyzeResult,
  'experiment plan': examples.experimentPlanResult,
  'experiment start': examples.experimentStartResult,
  'experiment status': examples.experimentStatusResult,
  'experiment ramp': examples.experimentRampResult,
  'experiment stop': examples.experimentChangeResult,
  'experiment estimate': examples.counterfactualResult,
  doctor: examples.doctorResult,
};

type Path = readonly string[];

/** Paths of all members of a value, at every depth. */
function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => [
    [...path, name],
    ...pathsOf(member, [...path, name]),
  ]);
}

/** A copy with the member at a path replaced, or without it. */
function at(
  value: unknown,
  [name, ...rest]: Path,
  change: (holder: Record<string, unknown>, name: string) => void,
): unknown {
  const copy: unknown = Array.isArray(value) ? [...(value as unknown[])] : { ...(value as object) };
  const holder = copy as Record<string, unknown>;
  if (rest.length === 0) change(holder, name);
  else holder[name] = at(holder[name], rest, change);
  return copy;
}

/** Holders whose members' names come from data: one fewer is a smaller result and no broken one. */
const open = new Set([
  'assignment',
  'hyperParameters',
  'metrics',
  'byProposer',
  'chosen',
  'test',
  'validation',
  'train',
]);

/** calibrate answers in two kinds. */
const entries = [...Object.entries(results), ['calibrate', examples.simulateResult] as const];

describe.each(entries)('the result of %s', (name, result) => {
  const schema = commandResults[name as keyof typeof commandResults];
  const fits = (value: unknown): boolean => schema.safeParse(value).success;

  it('reads back through JSON', () => {
    expect(schema.parse(JSON.parse(JSON.stringify(result)))).toEqual(JSON.parse(JSON.stringify(result)));
  });

  it('needs every member', () => {
    const removable = pathsOf(result)
      .filter((path) => !Number.isInteger(Number(path[path.length - 1])))
      .filter((path) => !open.has(path[path.length - 2] ?? ''))
      .filter((path) => fits(at(result, path, (holder, member) => delete holder[member])));
    expect(removable).toEqual([]);
  });

  it('refuses a member of another type', () => {
    const taken = pathsOf(result)
      // an assignment's values may be of any plain type
      .filter((path) => !['assignment', 'hyperParameters', 'chosen'].includes(path[path.length - 2] ?? ''))
      .filter((path) =>
        fits(
          at(result, path, (holder, member) => {
            holder[member] = typeof holder[member] === 'function' ? null : () => 'of no JSON type';
          }),
        ),
      );
    expect(taken).toEqual([]);
  });

  it('refuses numbers that are none', () => {
    for (const path of pathsOf(result)) {
      if (['assignment', 'hyperParameters', 'chosen'].includes(path[path.length - 2] ?? '')) continue;
      const isNumber = { found: false };
      const broken = at(result, path, (holder, member) => {
        isNumber.found = typeof holder[member] === 'number';
        holder[member] = Number.NaN;
      });
      if (isNumber.found) expect([path.join('.'), fits(broken)]).toEqual([path.join('.'), false]);
    }
  });
});

describe('commandResults', () => {
  it('has an example here for every command but start, which is made of three of them', () => {
    expect([...Object.keys(results), 'start'].sort()).toEqual(Object.keys(commandResults).sort());
    const start = {
      projectDir: '/p',
      world: results['world generate'],
      init: results['init'],
      evolve: results['evolve'],
      nextCommand: 'automodel init',
    };
    expect(commandResults.start.safeParse(start).success).toBe(true);
    expect(commandResults.start.safeParse({ ...start, init: null }).success).toBe(false);
  });
});

describe('CommandEnvelope', () => {
  const good = { schemaVersion: 1, command: 'train', ok: true, result: {}, warnings: [] };
  const error = { code: 'USAGE', message: 'm', remedy: null, details: {} };

  it.each([
    good,
    { ...good, ok: false, result: null, error },
    { ...good, warnings: [{ code: 'X', message: 'y' }] },
    { ...good, ok: false, error: { ...error, remedy: 'Do this.', details: { deep: [1, { a: null }] } } },
  ])('takes %j', (envelope) => expect(CommandEnvelope.safeParse(envelope).success).toBe(true));

  it.each([
    { ...good, schemaVersion: 2 },
    { ...good, extra: 1 },
    { ...good, ok: 'true' },
    { ...good, warnings: ['text'] },
    { ...good, error: { ...error, stack: 'at ...' } },
    { ...good, error: { ...error, remedy: undefined } },
    { ...good, command: undefined },
  ])('refuses %j: a program relies on it', (envelope) =>
    expect(CommandEnvelope.safeParse(envelope).success).toBe(false),
  );
});

describe('metrics', () => {
  const summary = { mean: 0.7, sd: 0.01, n: 3, ci: [0.68, 0.72] };

  it.each([
    { ...summary, n: 0 },
    { ...summary, n: 1.5 },
    { ...summary, ci: [0.68] },
    { ...summary, ci: [0.68, 0.7, 0.72] },
    { ...summary, ci: [null, 0.72] },
    { ...summary, mean: '0.7' },
  ])('refuse the summary %j', (wrong) => {
    expect(MetricSummary.safeParse(summary).success).toBe(true);
    expect(MetricSummary.safeParse(wrong).success).toBe(false);
  });

  it('know three splits, any of which may be missing', () => {
    expect(MetricTable.safeParse({}).success).toBe(true);
    expect(MetricTable.safeParse({ test: { auc: summary } }).success).toBe(true);
    expect(MetricTable.safeParse({ holdout: { auc: summary } }).success).toBe(false);
  });
});
