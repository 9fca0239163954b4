// Kills a server with SIGKILL at random moments while clients send it events, starts it again each time, and looks in the event log
// at the end: every event that was acknowledged must be there, and every event once, also those that were sent again because the
// answer to them was lost.
//   npm run serve-chaos -- [--kills 20] [--clients 8] [--seed 1] [--project dir [--artefact hash]]
//     [--serve-flags="--model-instances 2"] [--keep]
// Without --project it makes a small one. --server <module> runs that instead, with a folder for its log as its one argument.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { HttpConnections } from '../bench/serving/http-connections.mjs';
import { automodel, serve, startListening } from '../bench/serving/processes.mjs';
import { Rng } from '../dist/platform/index.js';
import { EventLog } from '../dist/serving/index.js';

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '20' },
    clients: { type: 'string', default: '8' },
    seed: { type: 'string', default: '1' },
    project: { type: 'string' },
    artefact: { type: 'string' },
    server: { type: 'string' },
    'serve-flags': { type: 'string', default: '' },
    keep: { type: 'boolean', default: false },
  },
});
const rng = new Rng(['serve-chaos', Number(values.seed)]);
const root = mkdtempSync(join(tmpdir(), 'automodel-serve-chaos-'));
const project = values.project ?? join(root, 'project');
const log = values.server === undefined ? join(project, '.automodel/serving/events') : join(root, 'events');
const run = `chaos-${process.pid}-${Date.now()}`;

async function makeProject() {
  const folder = join(root, 'log');
  await automodel(['world', 'generate', ...'--users 300 --items 200 --days 4'.split(' '), '--out', folder]);
  const files = ['events', 'items', 'users'].map((name) => join(folder, `${name}.parquet`));
  await automodel(['init', ...files, '--task', 'ctr', '--split', 'time', '--project', project]);
  const training = '--model lr --seeds 1 --no-test --hp recipe.maxEpochs=1'.split(' ');
  await automodel(['train', '--project', project, ...training]);
}

const start = () =>
  values.server === undefined
    ? serve(project, [
        ...(values.artefact === undefined ? [] : ['--artefact', values.artefact]),
        '--snapshot-events',
        '500',
        ...values['serve-flags'].split(' ').filter((flag) => flag !== ''),
      ])
    : startListening([values.server, log]);

if (values.server === undefined && values.project === undefined) await makeProject();

let server = await start();
let connections = new HttpConnections(server.url);
const phase = { ended: false, failure: undefined };
let made = 0;
const acknowledged = new Set();
const sent = new Set();
const counts = { requests: 0, down: 0, lost: 0, again: 0, refused: 0, recommended: 0 };

/** Sends batches of events until told to end; what got no answer is sent again, as it was, until it gets one. */
async function client(name) {
  const own = rng.fork(name);
  let unanswered;
  while (!phase.ended || unanswered !== undefined) {
    const events =
      unanswered ??
      Array.from({ length: 1 + own.integer(5) }, () => ({
        id: `${run}-${(made += 1)}`,
        user: String(own.integer(50)),
        item: String(own.integer(200)),
        kind: 'click',
      }));
    if (unanswered !== undefined) counts.again += 1;
    for (const { id } of events) sent.add(id);
    try {
      counts.requests += 1;
      const { status } = await connections.ask('POST', '/events', { events });
      if (status === 200) {
        for (const { id } of events) acknowledged.add(id);
        unanswered = undefined;
        if (own.next() < 0.2) {
          const answer = await connections.ask('POST', '/recommend', { user: events[0].user, limit: 5 });
          if (answer.status === 200) counts.recommended += 1;
        }
      } else if (status === 503 || status === 429) {
        counts.refused += 1;
        unanswered = events;
        await sleep(20);
      } else throw new Error(`status ${status}`);
    } catch (error) {
      if (error.message.startsWith('status')) throw error;
      // Nobody listens: it was never sent.
      if (error.code === 'ECONNREFUSED') counts.down += 1;
      else counts.lost += 1;
      if (!events.every(({ id }) => acknowledged.has(id))) unanswered = events;
      await sleep(20);
    }
  }
}

const clients = Array.from({ length: Number(values.clients) }, (_, i) => client(`client ${i}`));
for (const one of clients) one.catch((error) => (phase.failure ??= error));
const restarts = [];
for (let kill = 1; kill <= Number(values.kills); kill += 1) {
  const before = acknowledged.size;
  const wait = 200 + rng.next() * 1300;
  await sleep(wait);
  // Not before something was acknowledged since the last one: an idle server loses nothing.
  while (acknowledged.size === before && phase.failure === undefined) await sleep(5);
  if (phase.failure !== undefined) throw phase.failure;
  await server.kill();
  connections.close();
  const began = performance.now();
  server = await start();
  connections = new HttpConnections(server.url);
  restarts.push(performance.now() - began);
  console.log(
    `kill ${kill}: ${acknowledged.size - before} events acknowledged since the last; listens again after ${(restarts.at(-1) / 1000).toFixed(1)} s`,
  );
}
phase.ended = true;
await Promise.all(clients);
connections.close();
await server.stop();

const stored = new Map();
const opened = await EventLog.open(log, {
  onEvent: ({ id, kind }) => {
    if (kind === 'click' && id.startsWith(run)) stored.set(id, (stored.get(id) ?? 0) + 1);
  },
});
await opened.close();
const missing = [...acknowledged].filter((id) => !stored.has(id));
const doubled = [...stored].filter(([, times]) => times > 1).map(([id]) => id);
const unknown = [...stored.keys()].filter((id) => !sent.has(id));
console.log(
  `${values.kills} kills; ${counts.requests} requests, ${counts.down} while nobody listened, ${counts.lost} answers lost, ${counts.again} sent again, ${counts.refused} refused, ` +
    `${counts.recommended} recommendations; median restart ${(restarts.sort((a, b) => a - b)[restarts.length >> 1] / 1000).toFixed(1)} s`,
);
console.log(
  `${acknowledged.size} events acknowledged, ${stored.size} in the log: ${missing.length} missing, ${doubled.length} doubled, ${unknown.length} unknown`,
);
if (values.keep) console.log(`kept in ${root}`);
else rmSync(root, { recursive: true, force: true });
if (missing.length + doubled.length + unknown.length > 0 || acknowledged.size === 0) {
  console.error('not what was promised', missing.slice(0, 5), doubled.slice(0, 5), unknown.slice(0, 5));
  process.exit(1);
}
console.log('every acknowledged event is in the log, once');
