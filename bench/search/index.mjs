// npm run bench:search -- [--set reporting] [--only <problem>[,...]] [--policies <id>[,...]] [--runs 200] [--shard 1/2] [--rows <dir>]
//   [--table-only] [--json]
// Plays the engine's search policy and its rivals on offline problems, at equal budgets and on paired seeds, and writes
// docs/search.md with docs/search.svg. The runs of a problem and a policy are kept in --rows, so an interrupted call goes on where
// it was; delete the folder to begin anew. With --shard i/n, n processes share the work; a last call without it writes the table.
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { clock } from '../../dist/platform/index.js';
import { play } from './play.mjs';
import { own, rivals, variants } from './policies.mjs';
import { allProblems } from './problems/index.mjs';
import { summarise } from './summarise.mjs';
import { writeReport } from './write-report.mjs';

const { values } = parseArgs({
  options: {
    set: { type: 'string', default: 'reporting' },
    only: { type: 'string' },
    policies: { type: 'string', default: [...rivals, own].map(({ id }) => id).join(',') },
    runs: { type: 'string', default: '200' },
    shard: { type: 'string', default: '1/1' },
    rows: { type: 'string', default: 'search-bench' },
    'table-only': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});
const runs = Number(values.runs);
const [shard, shards] = values.shard.split('/').map(Number);
if (!(runs >= 2 && shard >= 1 && shard <= shards))
  throw new Error('--runs must be 2 or more, --shard like 1/2');
const only = values.only?.split(',');
const problems = allProblems().filter(
  ({ id, set }) => (values.set === 'all' || set === values.set) && (only === undefined || only.includes(id)),
);
const known = [...rivals, own, ...variants];
const policies = values.policies.split(',').map((id) => {
  const policy = known.find((candidate) => candidate.id === id);
  if (policy === undefined)
    throw new Error(`--policies: ${id} is none of ${known.map((p) => p.id).join(', ')}`);
  return policy;
});
if (problems.length === 0) throw new Error(`--set or --only names no problem`);
const dir = resolve(values.rows);
mkdirSync(dir, { recursive: true });
/** Runs on a table that is not whole yet are of another problem. */
const part = ({ complete, size }) => (complete === false ? `-${size}` : '');
const pathOf = (problem, policy) => join(dir, `${problem.id}${part(problem)}--${policy.id}.jsonl`);

/** Runs played so far, by number. */
function rowsOf(problem, policy) {
  const path = pathOf(problem, policy);
  const rows = new Map();
  for (const text of existsSync(path) ? readFileSync(path, 'utf8').split('\n') : []) {
    try {
      const row = JSON.parse(text);
      rows.set(row.run, row);
    } catch {
      continue; // the last line of a process that was killed
    }
  }
  return rows;
}

const played = new Map(
  problems.flatMap((problem) => policies.map((policy) => [pathOf(problem, policy), rowsOf(problem, policy)])),
);
if (!values['table-only']) {
  let said = clock.monotonicMs();
  // Run by run over everything: whenever it is stopped, all problems and policies have the same runs.
  for (let run = shard - 1; run < runs; run += shards) {
    for (const problem of problems) {
      for (const policy of policies) {
        const path = pathOf(problem, policy);
        if (played.get(path).has(run)) continue;
        const row = { run, ...play(policy, problem, run) };
        played.get(path).set(run, row);
        appendFileSync(path, `\n${JSON.stringify(row)}`);
      }
    }
    if (clock.monotonicMs() - said > 5000) {
      said = clock.monotonicMs();
      console.error(`shard ${shard}/${shards}: run ${run + 1} of ${runs}`);
    }
  }
}

if (shards === 1) {
  const results = problems.map((problem) => ({
    problem,
    rows: new Map(policies.map((policy) => [policy.id, played.get(pathOf(problem, policy))])),
  }));
  const summary = summarise(results, policies, own.id);
  if (values.json) process.stdout.write(`${JSON.stringify(summary, null, 2)}\n`);
  else if (values.set === 'reporting' && only === undefined) writeReport(summary);
  else
    process.stdout.write(
      `${summary.rows.map((row) => [row.title.padEnd(44), ...row.mean.map((v) => v.toFixed(4))].join(' ')).join('\n')}\n`,
    );
}
