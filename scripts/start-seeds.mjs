// Runs the demonstration on many world seeds and counts how often it ends with an accepted, confirmed improvement and
// with the leaking column refused; worlds in which nothing beats the baseline must accept nothing. Resumable per seed.
//   npm run start:seeds -- [--from 101] [--seeds 10] [--null-seeds 3] [--work start-seeds] [--minutes 4]
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { automodel } from './automodel.mjs';

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '101' },
    seeds: { type: 'string', default: '10' },
    'null-seeds': { type: 'string', default: '3' },
    work: { type: 'string', default: 'start-seeds' },
    minutes: { type: 'string', default: '4' },
  },
});
const cli = fileURLToPath(new URL('../dist/cli/index.js', import.meta.url));
const work = resolve(values.work);
mkdirSync(work, { recursive: true });

function demonstrated(seed, isNull) {
  const path = join(work, `${isNull ? 'null' : 'world'}-${seed}.json`);
  if (existsSync(path)) return JSON.parse(readFileSync(path, 'utf8'));
  console.error(`\n== ${isNull ? 'null world' : 'world'} ${seed}`);
  const out = join(work, 'demo');
  const args = ['start', '--seed', String(seed), '--out', out, '--minutes', values.minutes];
  const begun = performance.now();
  const result = automodel(cli, ...args, ...(isNull ? ['--null'] : []));
  const record = { seed, seconds: (performance.now() - begun) / 1000, result };
  writeFileSync(path, `${JSON.stringify(record, null, 1)}\n`);
  rmSync(out, { recursive: true, force: true });
  return record;
}

const seedsOf = (count) => Array.from({ length: Number(count) }, (_, i) => Number(values.from) + i);
const signed = (value) => `${value >= 0 ? '+' : ''}${value.toFixed(4)}`;

function row({ seed, seconds, result: { evolve } }) {
  const { improvement, best, gate, refused, outcome } = evolve;
  const last = gate.at(-1);
  const leak = refused.find(({ role }) => role === 'leak');
  const gain = improvement
    ? `${signed(improvement.difference)} [${signed(improvement.ci[0])}, ${signed(improvement.ci[1])}]`
    : '–';
  const look = last ? `${last.verdict} ${signed(last.difference)} (least ${signed(last.minimumGain)})` : '–';
  return `| ${seed} | ${outcome} | ${outcome === 'accepted' ? best.model : '–'} | ${look} | ${gain} | ${leak?.column ?? '–'} | ${seconds.toFixed(0)} |`;
}

const header =
  '| seed | outcome | model | last gate look | test auc over tuned lr | leak refused | seconds |\n| --- | --- | --- | --- | --- | --- | --- |';
const worlds = seedsOf(values.seeds).map((seed) => demonstrated(seed, false));
const nulls = seedsOf(values['null-seeds']).map((seed) => demonstrated(seed, true));
const good = worlds.filter(
  ({ result: { evolve } }) => evolve.outcome === 'accepted' && evolve.improvement.ci[0] > 0,
);
const leaks = worlds.filter(({ result: { evolve } }) => evolve.refused.some(({ role }) => role === 'leak'));
const wrong = nulls.filter(({ result: { evolve } }) => evolve.outcome === 'accepted');
console.log(`${header}\n${worlds.map(row).join('\n')}\n`);
console.log(`Accepted with a test interval above zero: ${good.length} of ${worlds.length}.`);
console.log(`Leaking column refused: ${leaks.length} of ${worlds.length}.\n`);
console.log(`Worlds where nothing beats the baseline:\n\n${header}\n${nulls.map(row).join('\n')}\n`);
console.log(`Accepted: ${wrong.length} of ${nulls.length}.`);
