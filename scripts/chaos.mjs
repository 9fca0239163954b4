// Kills an evolve run with SIGKILL at random moments (the engine, or one of its workers), resumes it each time, and
// compares the canonical projection of the end with that of an uninterrupted run.
//   npm run chaos -- [--kills 20] [--trials 16] [--workers 2] [--seed 1]
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { canonicalRun } from '../dist/agents/index.js';
import { openJournal } from '../dist/journal/index.js';
import { Rng } from '../dist/platform/index.js';
import { projectPaths } from '../dist/schema/index.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    trials: { type: 'string', default: '16' },
    workers: { type: 'string', default: '2' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
const wantedKills = Number(values.kills);
const cli = fileURLToPath(new URL('../dist/cli/index.js', import.meta.url));
const root = mkdtempSync(join(tmpdir(), 'automodel-chaos-'));
const rng = new Rng(['chaos', Number(values.seed)]);

function run(...args) {
  execFileSync(process.execPath, [cli, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
}

const evolveArgs = [
  'evolve',
  '--trials',
  values.trials,
  '--workers',
  values.workers,
  '--seed',
  '7',
  '--json',
];

function start(project, resume) {
  const child = spawn(
    process.execPath,
    // A budget beside --resume would be added to what is left.
    [cli, ...(resume ? ['evolve', '--resume', '--json'] : evolveArgs), '--project', project],
    {
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  );
  let out = '';
  child.stdout.on('data', (chunk) => (out += chunk));
  child.ended = new Promise((resolve) => child.on('close', (code, signal) => resolve({ code, signal, out })));
  return child;
}

/** Process ids of the engine's children. */
function childrenOf(pid) {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return readFileSync(`/proc/${name}/stat`, 'utf8').split(') ')[1].split(' ')[1] === String(pid);
      } catch {
        return false;
      }
    })
    .map(Number);
}

async function canonical(project) {
  const journal = await openJournal({ path: projectPaths(project).journal, mode: 'read' });
  const projection = await canonicalRun(journal);
  await journal.close();
  return projection;
}

const whole = join(root, 'whole');
const broken = join(root, 'broken');
run(
  'world',
  'generate',
  '--users',
  '400',
  '--items',
  '200',
  '--days',
  '5',
  '--seed',
  '11',
  '--out',
  join(root, 'log'),
);
const files = readdirSync(join(root, 'log'))
  .filter((name) => name.endsWith('.parquet'))
  .map((name) => join(root, 'log', name));
run('init', ...files, '--task', 'ctr', '--split', 'time', '--project', whole, '--no-dataset-json', '--json');
cpSync(whole, broken, { recursive: true });

const begun = performance.now();
const reference = await start(whole, false).ended;
if (reference.code !== 0) throw new Error(`the uninterrupted run failed: ${reference.out}`);
const seconds = (performance.now() - begun) / 1000;
console.log(`uninterrupted run: ${seconds.toFixed(0)} s`);

let kills = 0;
let workerKills = 0;

/** Kills at random moments until the engine is hit or every kill is spent; true when the engine was hit. */
async function torment(child) {
  while (kills < wantedKills) {
    const wait = (1.5 + rng.next() * 4) * 1000;
    const early = await Promise.race([child.ended, new Promise((resolve) => setTimeout(resolve, wait))]);
    if (early !== undefined) return false;
    const workers = childrenOf(child.pid);
    // The last kill hits a worker, so that an engine also has to reach the end by itself after one.
    const hitWorker = workers.length > 0 && (kills === wantedKills - 1 || rng.next() < 0.4);
    process.kill(hitWorker ? rng.pick(workers) : child.pid, 'SIGKILL');
    kills += 1;
    console.log(`kill ${kills}: ${hitWorker ? 'worker' : 'engine'} after ${(wait / 1000).toFixed(1)} s`);
    if (!hitWorker) return true;
    workerKills += 1;
  }
  return false;
}

let resume = false;
for (;;) {
  const child = start(broken, resume);
  const engineKilled = await torment(child);
  const { code, out } = await child.ended;
  resume = true;
  if (engineKilled) continue;
  if (code === 0) break;
  const parsed = out === '' ? undefined : JSON.parse(out);
  if (parsed?.error?.code === 'USAGE') {
    resume = false; // killed before the run was recorded
    continue;
  }
  throw new Error(`resumed run failed with ${code}: ${out}`);
}
if (kills < wantedKills) throw new Error(`the run ended after ${kills} kills; give it more --trials`);
const [a, b] = [await canonical(whole), await canonical(broken)];
console.log(
  `kills: ${kills} (${workerKills} of a worker alone); decisions: ${a.state.length} and ${b.state.length}`,
);
console.log(`canonical projection uninterrupted ${a.hash}`);
console.log(`canonical projection killed        ${b.hash}`);
if (values.keep) console.log(`kept in ${root}`);
else rmSync(root, { recursive: true, force: true });
if (a.hash !== b.hash) {
  const at = a.state.findIndex((event, i) => JSON.stringify(event) !== JSON.stringify(b.state[i]));
  console.error(
    `first difference at decision ${at}:`,
    JSON.stringify(a.state[at]),
    JSON.stringify(b.state[at]),
  );
  process.exit(1);
}
console.log('equal');
