/**
 * False alarms and hits of the table probes on simulated worlds, where the truth is known. In each world every column that
 * `init` refused is made an input again, so that the probes and not the names are judged.
 *
 *   node scripts/audit-worlds.mjs [seeds] [first seed]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditTables, inferProject, tableProbes } from '../dist/data/index.js';
import { generateWorld, writeWorld } from '../dist/world/index.js';

const [seeds = '10', first = '1'] = process.argv.slice(2);
const tally = { worlds: 0, honest: 0, falseAlarms: [], hits: {}, misses: {} };

for (let seed = Number(first); seed < Number(first) + Number(seeds); seed += 1) {
  const dir = mkdtempSync(join(tmpdir(), 'automodel-audit-world-'));
  try {
    const log = generateWorld({ seed, users: 1500, items: 600, days: 10, itemLeak: true });
    const { files } = await writeWorld(log, join(dir, 'data'));
    const { config } = await inferProject({
      files: files.map(({ path }) => path),
      projectDir: dir,
      task: 'ctr',
      split: 'time',
      useDatasetJson: false,
    });
    const columns = Object.fromEntries(
      Object.entries(config.columns).map(([key, column]) => [
        key,
        column.role === 'leak' || column.role === 'signal' ? { ...column, role: 'context' } : column,
      ]),
    );
    const { findings } = await auditTables({
      projectDir: dir,
      config: { ...config, columns },
      probes: tableProbes,
    });
    const { useful, useless, signals, leaking } = log.planted;
    const planted = [...signals, ...leaking];
    const found = new Map();
    for (const { severity, columns: keys, probe } of findings) {
      for (const key of keys) {
        const name = key.split('.')[1];
        if (severity !== 'low' && !found.has(name)) found.set(name, `${probe} (${severity})`);
      }
    }
    tally.worlds += 1;
    for (const name of [...useful, ...useless]) {
      tally.honest += 1;
      if (found.has(name)) tally.falseAlarms.push(`seed ${seed}: ${name}, ${found.get(name)}`);
    }
    for (const name of planted) {
      const side = found.has(name) ? tally.hits : tally.misses;
      const how = `${name}: ${found.get(name) ?? 'not found'}`;
      side[how] = (side[how] ?? 0) + 1;
    }
    process.stderr.write(`seed ${seed}: ${[...found].map(([name, how]) => `${name} ${how}`).join(', ')}\n`);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
process.stdout.write(`${JSON.stringify(tally, null, 2)}\n`);
