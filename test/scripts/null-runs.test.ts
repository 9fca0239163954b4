import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/platform/index.js';

let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'automodel-null-runs-'));
});
afterEach(() => rmSync(work, { recursive: true, force: true }));

/** A run that an earlier call has finished. */
function finished(name: string, seed: number, outcome: 'accepted' | 'nothing-better') {
  const look = { model: 'fm', verdict: 'indecisive', difference: -0.01, minimumGain: 0.02 };
  const record = { on: name, seed, rows: { validation: 500 }, outcome, gate: [look, look], seconds: 9 };
  writeFileSync(join(work, `${name}-${seed}-20.json`), JSON.stringify(record));
}

function nullRuns(...words: string[]) {
  const script = join(packageRoot, 'scripts/null-runs.mjs');
  return spawnSync(process.execPath, [script, '--work', work, ...words], { encoding: 'utf8' });
}

describe('npm run null-runs', () => {
  it('repeats no finished run, and prints a row for each', () => {
    for (const seed of [1, 2, 3]) finished('world', seed, 'nothing-better');
    const { status, stdout } = nullRuns('--runs', '3');
    expect(stdout).toContain(
      '| 2 | world | 500 | 2 | fm -0.0100, least +0.0200, indecisive | nothing-better | 9 |',
    );
    expect(stdout).toContain('Accepted: 0 of 3 null runs, over 6 looks of the gate.');
    expect(status).toBe(0);
  });

  it('ends with 1 when anything was accepted', () => {
    finished('world', 1, 'nothing-better');
    finished('world', 2, 'accepted');
    const { status, stdout } = nullRuns('--runs', '2');
    expect(stdout).toContain('Accepted: 1 of 2');
    expect(status).toBe(1);
  });

  it('deals runs out to projects and worlds in turn, and wants at least one of them', () => {
    finished('shop', 1, 'nothing-better');
    finished('world', 2, 'nothing-better');
    finished('shop', 3, 'nothing-better');
    const { stdout, status } = nullRuns('--runs', '3', '--project', join(work, 'shop'));
    expect(stdout).toMatch(/\| 1 \| shop .*\n\| 2 \| world .*\n\| 3 \| shop /);
    expect(status).toBe(0);
    expect(nullRuns('--no-worlds').status).toBe(2);
  });
});
