import { appendFileSync, closeSync, existsSync, mkdtempSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { AutoModelError, config, removeQuietly } from '../../platform/index.js';
import { projectPaths, type RunningExperimentOptions } from '../../schema/index.js';
import { readEventLog } from '../../serving/index.js';

const bufferLines = 4096;

/**
 * Gives a file of served events to `use`: the one that was named, else what the project's event log holds, as JSON lines that are
 * deleted afterwards. The log may be written to meanwhile.
 * @throws FILE_NOT_FOUND where the project has none yet
 */
export async function withEvents<T>(
  { projectDir, events }: Pick<RunningExperimentOptions, 'projectDir' | 'events'>,
  use: (path: string) => Promise<T>,
): Promise<T> {
  if (events !== undefined) return use(events);
  const log = projectPaths(projectDir).events;
  if (!hasEvents(projectDir)) {
    throw new AutoModelError('FILE_NOT_FOUND', `${log} holds no event log`, {
      remedy: 'Serve the project (automodel serve), or name a file of events with --events.',
      // It will be there once the project is served, which a watch waits for.
      retryable: true,
      details: { path: log },
    });
  }
  const folder = mkdtempSync(join(config.tempDir, 'automodel-events-'));
  const path = join(folder, 'events.jsonl');
  const file = openSync(path, 'wx');
  try {
    let lines: string[] = [];
    const flush = (): void => {
      appendFileSync(file, lines.join(''));
      lines = [];
    };
    readEventLog(log, (event) => {
      lines.push(`${JSON.stringify(event)}\n`);
      if (lines.length >= bufferLines) flush();
    });
    flush();
    return await use(path);
  } finally {
    closeSync(file);
    removeQuietly(folder);
  }
}

export function hasEvents(projectDir: string): boolean {
  const log = projectPaths(projectDir).events;
  return existsSync(log) && readdirSync(log).some((name) => name.endsWith('.log'));
}
