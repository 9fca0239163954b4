import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { packageRoot } from '../../src/platform/index.js';
import {
  CommandEnvelope,
  EvolveResult,
  MetricTable,
  commandResults,
  type CommandName,
} from '../../src/schema/index.js';

const entry = join(packageRoot, 'dist', 'cli', 'index.js');
const folder = mkdtempSync(join(tmpdir(), 'automodel-engine-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function run(command: CommandName, ...words: string[]): CommandEnvelope {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    [entry, ...command.split(' '), ...words, '--json', '--project', folder],
    { encoding: 'utf8', cwd: folder, env: { ...process.env, AUTOMODEL_THREADS: '1' } },
  );
  const lines = stdout.trimEnd().split('\n');
  expect(lines, stderr).toHaveLength(1);
  return CommandEnvelope.parse(JSON.parse(lines[0]));
}

/** The result, checked against the command's schema. */
function resultOf(command: CommandName, ...words: string[]): unknown {
  const envelope = run(command, ...words);
  expect(envelope.error).toBeUndefined();
  expect(envelope.command).toBe(command);
  return commandResults[command].parse(envelope.result);
}

/** The real engine behind the real program, on a world small enough for a test. */
describe('the engine answers in the agreed shapes', () => {
  it('world, init, profile', { timeout: 120_000 }, () => {
    resultOf('world generate', '--users', '150', '--items', '60', '--days', '5', '--out', 'log');
    const files = ['events', 'users', 'items'].map((name) => join('log', `${name}.parquet`));
    resultOf('init', ...files, '--task', 'ctr', '--split', 'time');
    expect(existsSync(join(folder, 'automodel.json'))).toBe(true);
    resultOf('profile');
  });

  it('train with the test split closed, predict', { timeout: 180_000 }, () => {
    const trained = resultOf('train', '--model', 'lr', '--seeds', '1', '--no-test');
    expect(Object.keys(MetricTable.parse((trained as { metrics: unknown }).metrics))).not.toContain('test');
    resultOf('predict', '--input', join('log', 'events.parquet'), '--out', 'scores.parquet');
    expect(existsSync(join(folder, 'scores.parquet'))).toBe(true);
  });

  it('evolve, and the report that it wrote', { timeout: 400_000 }, () => {
    const evolved = EvolveResult.parse(resultOf('evolve', '--trials', '2', '--seed', '3'));
    expect(evolved.testOpenings.thisRun).toBe(1);
    const { html } = commandResults.report.parse(resultOf('report'));
    expect(readFileSync(html, 'utf8')).toContain('Content-Security-Policy');
  });

  it('refuses in the same shape', { timeout: 60_000 }, () => {
    expect(run('train', '--model', 'no-such-model').error?.code).toBe('UNKNOWN_MODEL');
    expect(run('init', 'missing.parquet').error?.code).toBe('FILE_NOT_FOUND');
    expect(run('evaluate', '--predictions', 'missing.parquet').ok).toBe(false);
  });
});
