// Makes the tables of bench:search: 256 configurations x 5 seeds x 4 rungs of real trainings per dataset, scores only.
// Every training is written down when it is done, so a call goes on where the last one ended, with any number of shards.
//   npm run search-tables -- --data <dir> [--work search-tables] [--only kuairand-pure] [--shard 1/4] [--limit-minutes 30]
//   [--prepare-only] [--run-only] [--merge-only]
// The encoded cuts lie in <work>/<dataset>/encoded: with them, dist and node_modules, --run-only needs neither the data nor
// DuckDB. --merge-only (and the end of every unsharded run) writes bench/search/tables/<dataset>.json.
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { datasets } from './plan.mjs';

const { values } = parseArgs({
  options: {
    data: { type: 'string' },
    work: { type: 'string', default: 'search-tables' },
    only: { type: 'string' },
    shard: { type: 'string', default: '1/1' },
    'limit-minutes': { type: 'string' },
    'prepare-only': { type: 'boolean', default: false },
    'run-only': { type: 'boolean', default: false },
    'merge-only': { type: 'boolean', default: false },
  },
});
const work = resolve(values.work);
const only = values.only?.split(',');
const chosen = datasets.filter(({ id }) => only === undefined || only.includes(id));
if (chosen.length === 0)
  throw new Error(`--only must name one of ${datasets.map(({ id }) => id).join(', ')}`);
const [, shard, shards] = /^([1-9]\d*)\/([1-9]\d*)$/.exec(values.shard)?.map(Number) ?? [];
if (!(shard <= shards)) throw new Error(`--shard must be like 1/4, not ${values.shard}`);

if (!values['run-only'] && !values['merge-only']) {
  if (values.data === undefined || !existsSync(values.data))
    throw new Error('name the folder of the datasets: npm run search-tables -- --data <dir>');
  const { prepare } = await import('./prepare.mjs');
  for (const dataset of chosen) await prepare(dataset, resolve(values.data), work);
}
if (!values['prepare-only'] && !values['merge-only']) {
  const { runShard } = await import('./run-shard.mjs');
  const limitMs = Number(values['limit-minutes'] ?? Infinity) * 60_000;
  await runShard({ datasets: chosen, work, shard, shards, limitMs });
}
if (values['merge-only'] || (shards === 1 && !values['prepare-only'])) {
  const { merge } = await import('./merge.mjs');
  for (const dataset of chosen) merge(dataset, work);
}
