import { checkEnvironment, nativeProbes, workerEntry, type NativeProbe } from '../platform/index.js';
import type { DoctorResult } from '../schema/index.js';
import { runInProcess } from './run-in-process.js';

export interface DoctorOptions {
  /** the project folder: must be writable and have room; default the working directory */
  readonly directory?: string;
  /** default: every native module of the engine */
  readonly probes?: readonly NativeProbe[];
}

export interface DoctorReport {
  readonly checks: readonly {
    readonly name: string;
    readonly ok: boolean;
    readonly detail: string;
    /** undefined when all is well */
    readonly remedy: string | undefined;
  }[];
}

const probeTimeoutMs = 60_000;

/**
 * Checks Node, memory, cores, disk space and the right to write, and has every native module do one real operation in a
 * process of its own, so that one that crashes is a failed check and not the end of this process. Never throws.
 */
export async function runDoctor(options: DoctorOptions = {}): Promise<DoctorReport> {
  const probes = options.probes ?? nativeProbes.map(isolated);
  const checks = await checkEnvironment(options.directory ?? process.cwd(), probes);
  return {
    checks: checks.map(({ name, ok, message, remedy }) => ({
      name,
      ok,
      detail: message,
      remedy: remedy ?? undefined,
    })),
  };
}

/** What `automodel doctor` finds for a project folder. Never throws. */
export async function doctor(options: { readonly projectDir: string }): Promise<DoctorResult> {
  const report = await runDoctor({ directory: options.projectDir });
  const checks = report.checks.map(({ name, ok, detail, remedy }) => ({
    name,
    ok,
    message: detail,
    remedy: remedy ?? null,
  }));
  return { checks, healthy: checks.every(({ ok }) => ok) };
}

/** The same probe, run in a child process. */
function isolated({ name, remedy }: NativeProbe): NativeProbe {
  return { name, remedy, probe: () => probeInProcess(workerEntry('execution/native-probe'), name) };
}

/** What a probe process answers; rejects when it fails, crashes or hangs. */
export async function probeInProcess(entry: string, name: string): Promise<string> {
  return String(await runInProcess(entry, name, { timeoutMs: probeTimeoutMs }));
}
