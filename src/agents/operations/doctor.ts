import { runDoctor } from '../../execution/index.js';
import type { DoctorResult, OperationIo, ProjectOptions } from '../../schema/index.js';

/** Loads each native module in a process of its own and checks the folder. */
export async function doctor(options: ProjectOptions, io: OperationIo): Promise<DoctorResult> {
  io.onProgress({ kind: 'phase', name: 'Check the environment', done: 0, total: undefined });
  const { checks } = await runDoctor({ directory: options.projectDir });
  return {
    checks: checks.map(({ name, ok, detail, remedy }) => ({
      name,
      ok,
      message: detail,
      remedy: remedy ?? null,
    })),
    healthy: checks.every(({ ok }) => ok),
  };
}
