// One compact table per dataset out of the lines of all shards.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readLines } from './lines.mjs';
import { openCut } from './open-cut.mjs';
import { configurations, cutRows, evaluationsPerEpoch, maxEpochs, rungs, seeds } from './plan.mjs';
import { tableConfigurations, tableSpace } from './table-space.mjs';

const tablesDir = fileURLToPath(new URL('../../bench/search/tables', import.meta.url));

/** Configurations of which a seed is missing are left out: a table holds whole configurations only. */
export function merge(dataset, work) {
  const { id, title } = dataset;
  const encoded = join(work, id, 'encoded');
  if (!existsSync(encoded)) throw new Error(`${id} is not prepared: run with --prepare-only first`);
  const space = tableSpace(openCut(dataset, work));
  const drawn = tableConfigurations(space, id);
  const done = readLines(work, id);
  const rows = [];
  for (let c = 0; c < configurations; c += 1) {
    const lines = Array.from({ length: seeds }, (_, s) => done.get(`${c}/${s}`));
    if (lines.includes(undefined)) continue;
    rows.push({
      assignment: drawn[c],
      search: lines.map((line) => line.search ?? null),
      seconds: lines.map((line) => line.seconds),
    });
  }
  const head = {
    id,
    title,
    metric: 'auc',
    rows: cutRows,
    maxEpochs,
    evaluationsPerEpoch,
    rungs,
    seeds,
    space,
  };
  const lines = rows.map((row) => JSON.stringify(row)).join(',\n');
  mkdirSync(tablesDir, { recursive: true });
  const text = JSON.stringify({ ...head, complete: rows.length === configurations }).slice(0, -1);
  writeFileSync(join(tablesDir, `${id}.json`), `${text},"configurations":[\n${lines}\n]}\n`);
  console.error(`${id}: ${rows.length} of ${configurations} configurations`);
}
