import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { initResult, nothingBetter, worldResult } from './example-results.js';
import { runWith } from './fake-host.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'automodel-start-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('start', () => {
  it('generates, looks, evolves, and tells how to go on', async () => {
    const { calls, code, stdout } = await runWith(['start', '--seed', '4'], { workingDirectory: folder });
    expect(code).toBe(0);
    const demo = join(folder, 'automodel-demo');
    expect(calls.map(({ operation }) => operation)).toEqual(['generateWorld', 'init', 'evolve']);
    expect(calls[0].options).toMatchObject({ out: join(demo, 'data'), seed: 4, nullWorld: false });
    expect(calls[1].options).toMatchObject({
      projectDir: demo,
      task: 'ctr',
      split: 'time@1736640000,1736812800',
      files: ['/work-dir/world/events.parquet'],
    });
    expect(calls[2].options).toMatchObject({ projectDir: demo, seed: 4, resume: false, nullRun: false });
    expect(stdout).toContain('Accepted dcnv2 over lr');
    expect(stdout).toMatch(/floor +popularity/);
    expect(stdout).toMatch(/baseline +lr/);
    expect(stdout).toMatch(/best +dcnv2/);
    expect(stdout.match(/events\.watch_ms/g)).toHaveLength(1);
    expect(stdout).toContain('Report: /work-dir/.automodel/reports/run-1.html');
    expect(stdout).toContain('On your own file:  automodel init');
    expect(stdout).toContain('--project automodel-demo');
  });

  it('asks nothing, also of a person', async () => {
    const { calls } = await runWith(['start'], { workingDirectory: folder, canAsk: true });
    expect(calls.map(({ operation, io }) => [operation, io.ask === undefined])).toContainEqual([
      'init',
      true,
    ]);
  });

  it('--null: says that nothing was accepted and that nothing should be', async () => {
    const { calls, code, stdout } = await runWith(['start', '--null'], {
      workingDirectory: folder,
      operations: {
        evolve: async () => nothingBetter,
        generateWorld: async () => ({ ...worldResult, nullWorld: true }),
      },
    });
    expect(code).toBe(0);
    expect(calls[0].options).toMatchObject({ nullWorld: true });
    expect(stdout).toContain('Accepted nothing');
    expect(stdout).toContain('nothing should be accepted');
  });

  it('names a leak that only init saw', async () => {
    const { stdout } = await runWith(['start'], {
      workingDirectory: folder,
      operations: { evolve: async () => ({ ...nothingBetter, refused: [] }), init: async () => initResult },
    });
    expect(stdout).toMatch(/events\.watch_ms +leak +AUC of this column alone is 0\.99/);
  });

  it('empties its own folder and no other', async () => {
    const demo = join(folder, 'automodel-demo');
    await runWith(['start'], { workingDirectory: folder });
    writeFileSync(join(demo, 'left-over'), '');
    const again = await runWith(['start'], { workingDirectory: folder });
    expect(again.code).toBe(0);
    expect(existsSync(join(demo, 'left-over'))).toBe(false);

    const mine = join(folder, 'mine');
    mkdirSync(mine);
    writeFileSync(join(mine, 'precious'), 'x');
    const refused = await runWith(['start', '--out', 'mine'], { workingDirectory: folder });
    expect(refused.code).toBe(2);
    expect(refused.stderr).toContain('Name another folder with --out.');
    expect(readdirSync(mine)).toEqual(['precious']);
    expect(refused.calls).toEqual([]);
  });
});
