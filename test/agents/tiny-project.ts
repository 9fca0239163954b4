import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { operations } from '../../src/agents/index.js';
import type { EvolveOptions, OperationIo, ProgressEvent, Warning } from '../../src/schema/index.js';

/** An io that keeps what it hears. */
export function listeningIo(signal: AbortSignal = new AbortController().signal) {
  const events: ProgressEvent[] = [];
  const warnings: Warning[] = [];
  const io: OperationIo = {
    onProgress: (event) => void events.push(event),
    warn: (warning) => void warnings.push(warning),
    signal,
    ask: undefined,
    renderReport: async (model) => `<p>${model.outcome}</p>`,
  };
  return { io, events, warnings };
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'automodel-agents-'));
}

export function removeFolder(folder: string): void {
  rmSync(folder, { recursive: true, force: true });
}

/** A project on a tiny world: a few thousand impressions, every part of the loop in seconds. */
export async function tinyProject(folder: string, nullWorld = false): Promise<string> {
  const { io } = listeningIo();
  const log = join(folder, 'log');
  const world = await operations.generateWorld(
    { seed: 3, users: 250, items: 120, days: 5, out: log, nullWorld },
    io,
  );
  const projectDir = join(folder, 'project');
  await operations.init(
    {
      projectDir,
      files: world.files.map(({ path }) => path),
      task: 'ctr',
      split: 'time',
      positive: undefined,
      label: undefined,
      useDatasetJson: false,
    },
    io,
  );
  return projectDir;
}

export function copyOf(projectDir: string, name: string): string {
  const copy = `${projectDir}-${name}`;
  cpSync(projectDir, copy, { recursive: true });
  return copy;
}

export function evolveOptions(projectDir: string, over: Partial<EvolveOptions> = {}): EvolveOptions {
  return {
    projectDir,
    trials: 3,
    minutes: undefined,
    seed: 5,
    workers: 2,
    resume: false,
    nullRun: false,
    control: 'share',
    refit: 'train+validation',
    minimumGain: undefined,
    trialMinutes: undefined,
    trialMemoryMb: undefined,
    ...over,
  };
}
