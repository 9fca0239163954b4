import { availableParallelism, tmpdir } from 'node:os';

/** The only file that reads the environment. Everything that a machine may decide is here, typed, with its default. */
export interface Config {
  /** AUTOMODEL_THREADS: compute threads of one training; default all cores. */
  readonly threads: number;
  /** AUTOMODEL_MEMORY_MB: memory limit handed to the table engine; default 2048. */
  readonly memoryMb: number;
  /** AUTOMODEL_LOG: trace|debug|info|warn|error|silent; default warn. */
  readonly logLevel: string;
  /** NO_COLOR or a non-terminal: no colour codes. */
  readonly colour: boolean;
  readonly tempDir: string;
}

function positiveInteger(name: string, fallback: number): number {
  const text = process.env[name];
  if (text === undefined || text === '') return fallback;
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : fallback;
}

export const config: Config = {
  threads: positiveInteger('AUTOMODEL_THREADS', availableParallelism()),
  memoryMb: positiveInteger('AUTOMODEL_MEMORY_MB', 2048),
  logLevel: process.env['AUTOMODEL_LOG'] ?? 'warn',
  colour: process.env['NO_COLOR'] === undefined,
  tempDir: tmpdir(),
};
