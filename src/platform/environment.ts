import { accessSync, constants, statfsSync } from 'node:fs';
import { arch, platform, totalmem } from 'node:os';
import { checkedConfig, config, type Config } from './config.js';
import { isAutoModelError } from './errors.js';

/** One thing that the engine needs of this machine, and what to do when it is missing. */
export interface EnvironmentCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly message: string;
  readonly remedy: string | null;
}

/** Loads one native module and does the least useful thing with it; resolves to what to tell. */
export interface NativeProbe {
  readonly name: string;
  readonly remedy: string;
  probe(): Promise<string>;
}

const reinstall =
  'Run npm ci again on this machine and with this Node version (modules are built per platform).';

/** An ONNX model with one node, y = x + x for two floats: enough to start a session and compute. */
const doublingModel = 'CAg6NQoOCgF4CgF4EgF5IgNBZGQSAWdaDwoBeBIKCggIARIECgIIAmIPCgF5EgoKCAgBEgQKAggCQgIQDQ==';

/** The native modules of the engine. They are loaded in this process: `runDoctor` of execution keeps a crash apart. */
export const nativeProbes: readonly NativeProbe[] = [
  {
    name: 'onnxruntime-node',
    remedy: `${reinstall} On Alpine Linux use a glibc image: ONNX Runtime ships no musl build.`,
    probe: async () => {
      const { InferenceSession, Tensor } = await import('onnxruntime-node');
      const session = await InferenceSession.create(Buffer.from(doublingModel, 'base64'));
      const { y } = await session.run({ x: new Tensor('float32', [1.5, -4], [2]) });
      if (y.data[0] !== 3 || y.data[1] !== -8) throw new Error('ONNX Runtime loads but computes wrongly');
      return 'ONNX Runtime loads and computes';
    },
  },
  {
    name: '@duckdb/node-api',
    remedy: reinstall,
    probe: async () => {
      const duckdb = await import('@duckdb/node-api');
      const instance = await duckdb.DuckDBInstance.create(':memory:');
      const connection = await instance.connect();
      const answer = await connection.runAndReadAll('select 6 * 7');
      connection.closeSync();
      instance.closeSync();
      if (answer.getRows()[0]?.[0] !== 42) throw new Error('DuckDB loads but computes wrongly');
      return `DuckDB ${duckdb.version()} loads and computes`;
    },
  },
  {
    name: 'libsql',
    remedy: reinstall,
    probe: async () => {
      const { default: Database } = await import('libsql');
      const database = new Database(':memory:');
      database.exec('create table probe (x integer); insert into probe values (42)');
      const row = database.prepare('select x from probe').get() as { x: number };
      database.close();
      if (row.x !== 42) throw new Error('SQLite loads but does not keep what it is given');
      return 'SQLite (libsql) loads, writes and reads';
    },
  },
];

/**
 * Checks Node, the native modules, memory, and that the project folder can be written. Never throws: what fails is a
 * check with `ok: false` and its remedy. `probes` can be replaced by a test.
 */
export async function checkEnvironment(
  projectDir: string,
  probes: readonly NativeProbe[] = nativeProbes,
): Promise<EnvironmentCheck[]> {
  const checks = [checkNode(process.versions.node), checkSettings(), checkMemory()];
  for (const { name, remedy, probe } of probes) {
    try {
      checks.push({ name, ok: true, message: await probe(), remedy: null });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
      checks.push({
        name,
        ok: false,
        message: `${name} does not load on ${platform()}-${arch()}: ${reason}`,
        remedy,
      });
    }
  }
  checks.push(checkFolder('project folder', projectDir), checkFolder('temp folder', config.tempDir));
  return checks;
}

/** Node 20.19 is the first 20 that can require ES modules, which some dependencies do. */
export function checkNode(version: string): EnvironmentCheck {
  const [major, minor] = version.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return {
    name: 'node',
    ok,
    message: `Node ${version}`,
    remedy: ok ? null : 'Install Node 20.19 or later (22 and 24 work too).',
  };
}

/** The environment variables that this engine reads. */
export function checkSettings(settings: Config = config): EnvironmentCheck {
  try {
    const { threads, memoryMb } = checkedConfig(settings);
    const message = `${threads} compute thread(s), ${memoryMb} MiB for the table engine`;
    return { name: 'settings', ok: true, message, remedy: null };
  } catch (cause) {
    const remedy = (isAutoModelError(cause) ? cause.remedy : undefined) ?? null;
    return { name: 'settings', ok: false, message: (cause as Error).message, remedy };
  }
}

function checkMemory(): EnvironmentCheck {
  const gibibytes = totalmem() / 2 ** 30;
  const ok = gibibytes >= 2;
  return {
    name: 'memory',
    ok,
    message: `${gibibytes.toFixed(1)} GiB of memory`,
    remedy: ok ? null : 'At least 2 GiB are needed; set AUTOMODEL_MEMORY_MB to limit the table engine.',
  };
}

function checkFolder(name: string, path: string): EnvironmentCheck {
  try {
    accessSync(path, constants.W_OK);
    const { bavail, bsize } = statfsSync(path);
    const free = (bavail * bsize) / 2 ** 30;
    const ok = free >= 1;
    return {
      name,
      ok,
      message: `${path} is writable, ${free.toFixed(1)} GiB free`,
      remedy: ok ? null : 'Free at least 1 GiB of disk space.',
    };
  } catch (cause) {
    const reason = (cause as Error).message;
    return {
      name,
      ok: false,
      message: `${path}: ${reason}`,
      remedy: 'Choose a folder that you may write with --project.',
    };
  }
}
