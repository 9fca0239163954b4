import { availableParallelism, tmpdir, totalmem } from 'node:os';

/** The only file that reads the environment. Everything that a machine may decide is here, typed, with its default. */
export interface Config {
  /** AUTOMODEL_THREADS: compute threads of one training; default all cores. */
  readonly threads: number;
  /** AUTOMODEL_MEMORY_MB: memory limit handed to the table engine; default 2048. */
  readonly memoryMb: number;
  /** MiB that this process may use in all: the machine's memory, or less in a container */
  readonly machineMemoryMb: number;
  /** AUTOMODEL_LOG: trace|debug|info|warn|error|silent; default warn. */
  readonly logLevel: string;
  /** NO_COLOR or a non-terminal: no colour codes. */
  readonly colour: boolean;
  readonly tempDir: string;
  /** The whole environment of a worker process: what it needs to start and our own settings, never a key or a secret. */
  readonly childEnvironment: Readonly<Record<string, string>>;
}

/** A closed list: a name that is not here (provider keys, database URLs, NODE_OPTIONS) does not reach a worker. */
const namesForChildren = [
  'PATH',
  'HOME',
  'TMPDIR',
  'TMP',
  'TEMP',
  'TZ',
  'LANG',
  'LC_ALL',
  'LD_LIBRARY_PATH',
  'SystemRoot',
  'NO_COLOR',
  'AUTOMODEL_THREADS',
  'AUTOMODEL_MEMORY_MB',
  'AUTOMODEL_LOG',
];

function environmentForChildren(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of namesForChildren) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
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
  machineMemoryMb: Math.floor(Math.min(totalmem(), process.constrainedMemory() || Infinity) / 2 ** 20),
  logLevel: process.env['AUTOMODEL_LOG'] ?? 'warn',
  colour: process.env['NO_COLOR'] === undefined,
  tempDir: tmpdir(),
  childEnvironment: environmentForChildren(),
};
