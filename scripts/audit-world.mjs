import { join } from 'node:path';

/**
 * Writes one simulated world and audits it. Every column that `init` refused is made an input again, so that the probes and
 * not the names are judged.
 * @param rooms the public faces of data and world, built or not
 * @param shape of the world, as generateWorld has it
 * @returns which columns were found at medium or high, by name, with the first probe that found them; and what was planted
 */
export async function auditWorld(rooms, shape, dir) {
  const log = rooms.generateWorld({ ...shape, itemLeak: true });
  const { files } = await rooms.writeWorld(log, join(dir, 'data'));
  const { config } = await rooms.inferProject({
    files: files.map(({ path }) => path),
    projectDir: dir,
    task: 'ctr',
    split: 'time',
    useDatasetJson: false,
  });
  const isRefused = ({ role }) => role === 'leak' || role === 'signal';
  const columns = Object.fromEntries(
    Object.entries(config.columns).map(([key, column]) => [
      key,
      isRefused(column) ? { ...column, role: 'context' } : column,
    ]),
  );
  const { findings } = await rooms.auditTables({
    projectDir: dir,
    config: { ...config, columns },
    probes: rooms.tableProbes,
  });
  const found = new Map();
  for (const { severity, columns: keys, probe } of findings) {
    for (const key of keys) {
      const name = key.slice(key.indexOf('.') + 1);
      if (severity !== 'low' && !found.has(name)) found.set(name, `${probe} (${severity})`);
    }
  }
  const { useful, useless, signals, leaking } = log.planted;
  return { found, honest: [...useful, ...useless], planted: [...signals, ...leaking] };
}
