import { throwIfInterrupted } from '../../platform/index.js';
import { generateWorld, writeWorld } from '../../world/index.js';
import type { OperationIo, WorldOptions, WorldResult } from '../../schema/index.js';

/** Generates a short-video log and writes it as Parquet, with the truth beside it in world.json. */
export async function world(options: WorldOptions, io: OperationIo): Promise<WorldResult> {
  io.onProgress({ kind: 'phase', name: 'Generate the world', done: 0, total: undefined });
  const log = generateWorld({
    seed: options.seed,
    users: options.users,
    items: options.items,
    days: options.days,
    null: options.nullWorld,
  });
  throwIfInterrupted(io.signal);
  return writeWorld(log, options.out);
}
