/**
 * False alarms and hits of the table probes on simulated worlds, where the truth is known.
 *
 *   node scripts/audit-worlds.mjs [seeds] [first seed]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as data from '../dist/data/index.js';
import * as world from '../dist/world/index.js';
import { auditWorld } from './audit-world.mjs';

const [seeds = '10', first = '1'] = process.argv.slice(2);
const tally = { worlds: 0, honest: 0, falseAlarms: [], hits: {}, misses: {} };

for (let seed = Number(first); seed < Number(first) + Number(seeds); seed += 1) {
  const dir = mkdtempSync(join(tmpdir(), 'automodel-audit-world-'));
  try {
    const shape = { seed, users: 1500, items: 600, days: 10 };
    const { found, honest, planted } = await auditWorld({ ...data, ...world }, shape, dir);
    tally.worlds += 1;
    tally.honest += honest.length;
    for (const name of honest)
      if (found.has(name)) tally.falseAlarms.push(`seed ${seed}: ${name}, ${found.get(name)}`);
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
