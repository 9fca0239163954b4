// The trainings of one shard, on one thread: configurations in turn over the datasets, so that a part is a fair part.
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { clock } from '../../dist/platform/index.js';
import { linesDir, readLines } from './lines.mjs';
import { measure, truthsOf } from './measure.mjs';
import { openCut } from './open-cut.mjs';
import { configurations, seeds } from './plan.mjs';
import { tableConfigurations, tableSpace } from './table-space.mjs';

export async function runShard({ datasets, work, shard, shards, limitMs }) {
  const begun = clock.monotonicMs();
  const tables = datasets.map((entry) => {
    const { id } = entry;
    const dataset = openCut(entry, work);
    mkdirSync(linesDir(work, id), { recursive: true });
    const drawn = tableConfigurations(tableSpace(dataset), id);
    return { id, dataset, truths: truthsOf(dataset), drawn, done: readLines(work, id) };
  });
  // A line ends the file of a killed process half-way; another file never continues it.
  const file = `${shard}-of-${shards}-${process.pid}.jsonl`;
  let trainings = 0;
  for (let c = shard - 1; c < configurations; c += shards) {
    for (const { id, dataset, truths, drawn, done } of tables) {
      for (let s = 0; s < seeds; s += 1) {
        if (done.has(`${c}/${s}`)) continue;
        if (clock.monotonicMs() - begun > limitMs) return;
        const line = await measure({ dataset, truths, configuration: drawn[c], c, s });
        appendFileSync(join(linesDir(work, id), file), `${JSON.stringify(line)}\n`);
        trainings += 1;
        if (trainings % 25 === 0) {
          const each = (clock.monotonicMs() - begun) / trainings / 1000;
          console.error(
            `shard ${shard}/${shards}: ${trainings} trainings, ${each.toFixed(2)} s each, at configuration ${c}`,
          );
        }
      }
    }
  }
}
