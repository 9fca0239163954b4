import { availableParallelism, tmpdir, totalmem } from 'node:os';
import { AutoModelError } from './errors.js';

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
  /** AUTOMODEL_TOKENS: tokens that a server asks for, separated by commas; default none. Never shown, never passed on. */
  readonly serverTokens: readonly string[];
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

type Environment = Readonly<Record<string, string | undefined>>;

export const logLevels = ['trace', 'debug', 'info', 'warn', 'error', 'silent'] as const;

function environmentForChildren(environment: Environment): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of namesForChildren) {
    const value = environment[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

function refusal(name: string, text: string, wanted: string): AutoModelError {
  return new AutoModelError(
    'CONFIG_INVALID',
    `The environment variable ${name} is ${JSON.stringify(text)}: it must be ${wanted}`,
    { remedy: `Set ${name} to ${wanted}, or unset it.`, details: { variable: name, given: text } },
  );
}

function listed(text: string): readonly string[] {
  return text
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '');
}

/** A setting that is refused when it is read and not before, so that every command can still say what is wrong. */
function positiveInteger(environment: Environment, name: string, fallback: number): () => number {
  const text = environment[name];
  if (text === undefined || text === '') return () => fallback;
  const value = /^\s*\d+\s*$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value > 0) return () => value;
  return () => {
    throw refusal(name, text, 'a positive integer');
  };
}

function logLevel(environment: Environment): () => string {
  const text = environment['AUTOMODEL_LOG'];
  if (text === undefined || text === '') return () => 'warn';
  const level = logLevels.find((candidate) => candidate === text.trim().toLowerCase());
  return () => {
    if (level === undefined) throw refusal('AUTOMODEL_LOG', text, `one of ${logLevels.join(', ')}`);
    return level;
  };
}

/**
 * The settings in an environment. Reading a member whose variable is wrong throws.
 * @throws CONFIG_INVALID naming the variable, on reading `threads`, `memoryMb` or `logLevel`
 */
export function readConfig(environment: Environment): Config {
  const threads = positiveInteger(environment, 'AUTOMODEL_THREADS', availableParallelism());
  const memoryMb = positiveInteger(environment, 'AUTOMODEL_MEMORY_MB', 2048);
  const level = logLevel(environment);
  return {
    get threads() {
      return threads();
    },
    get memoryMb() {
      return memoryMb();
    },
    machineMemoryMb: Math.floor(Math.min(totalmem(), process.constrainedMemory() || Infinity) / 2 ** 20),
    get logLevel() {
      return level();
    },
    // no-color.org: present and not empty, whatever its value
    colour: (environment['NO_COLOR'] ?? '') === '',
    tempDir: tmpdir(),
    serverTokens: listed(environment['AUTOMODEL_TOKENS'] ?? ''),
    childEnvironment: environmentForChildren(environment),
  };
}

export const config: Config = readConfig(process.env);

/**
 * A copy of which every member was read, so that a wrong setting is refused before any work begins.
 * @throws CONFIG_INVALID naming the variable
 */
export function checkedConfig(settings: Config = config): Config {
  return { ...settings };
}
