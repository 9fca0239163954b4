import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/platform/index.js';
import { CommandEnvelope, ExperimentAnalyzeResult, ExperimentPlanResult } from '../../src/schema/index.js';

const entry = join(packageRoot, 'dist', 'cli', 'index.js');
const folder = mkdtempSync(join(tmpdir(), 'automodel experiment "real"-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
writeFileSync(
  join(folder, 'sums.csv'),
  'variant,metric,n,sum,sum_squares\na,revenue,3407,1396.87,52377.9767\nb,revenue,3461,2422.7,134698.29\n',
);

/** Runs the built program in a folder that is no project. */
function automodel(...words: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, 'experiment', ...words], {
    encoding: 'utf8',
    cwd: folder,
    input: '',
  });
  return { code: status, stdout, stderr };
}
const analyze = ['analyze', '--exposures', 'sums.csv', '--variant', 'variant'];

describe('the built program, without a project', () => {
  it('analyses: one object with the published figures', () => {
    const { code, stdout } = automodel(...analyze, '--control', 'a', '--success', 'revenue', '--json');
    const envelope = CommandEnvelope.parse(JSON.parse(stdout));
    const result = ExperimentAnalyzeResult.parse(envelope.result);
    expect([code, envelope.command, envelope.ok]).toEqual([0, 'experiment analyze', true]);
    expect(result.metrics[0].comparisons[0].relative?.fixedHorizon.p).toBeCloseTo(0.06191, 5);
    expect(result.metrics[0].comparisons[0].p).toBeCloseTo(0.02016, 5);
    expect(result.verdicts).toEqual([
      { variant: 'b', verdict: 'KEEP', reasons: ['significantly better: revenue'] },
    ]);
    expect(envelope.warnings.map(({ code: warning }) => warning)).toEqual(['ONE_LOOK']);
  });

  it('prints a table to people, and exits with 0 whatever the verdict is', () => {
    const { code, stdout } = automodel(...analyze, '--control', 'b');
    expect(code).toBe(0);
    expect(stdout).toContain('revenue');
    expect(stdout).toMatch(/^a: (EXTEND|DISCARD|KEEP)$/m);
  });

  it('ends with 2 for wrong usage and with 3 for bad data', () => {
    const unknown = automodel(...analyze, '--control', 'c', '--json');
    expect([unknown.code, CommandEnvelope.parse(JSON.parse(unknown.stdout)).error?.code]).toEqual([
      2,
      'USAGE',
    ]);
    const absent = automodel(
      'analyze',
      '--exposures',
      'none.csv',
      '--variant',
      'v',
      '--control',
      'a',
      '--json',
    );
    expect([absent.code, CommandEnvelope.parse(JSON.parse(absent.stdout)).error?.code]).toEqual([
      3,
      'FILE_NOT_FOUND',
    ]);
  });

  it('plans', () => {
    const { code, stdout } = automodel('plan', '--mean', '0.1', '--lift', '0.05', '--json');
    const plan = ExperimentPlanResult.parse(CommandEnvelope.parse(JSON.parse(stdout)).result);
    expect(code).toBe(0);
    expect(plan.units).toBeGreaterThan(110_000);
  });
});
