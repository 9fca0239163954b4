// Lets people of a simulated world be served over HTTP, and asks the same pipeline in this process beside it: a log is lived, a model
// trained on it, `automodel serve` started on the project in a process of its own, and the world goes on through the client. The
// answers must be those of the pipeline in process (items, order, version; scores and propensities to 1e-5), and every event that was
// reported must be in the event log of the server, once.
//   npm run world:over-http -- [--users 2000] [--items 400] [--days 2] [--model dcnv2] [--seed 1] [--keep]
// At the end one service is told what the other is not: the comparison must see that.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { serve } from '../bench/serving/processes.mjs';
import { openOnlineService, operations } from '../dist/agents/index.js';
import { ComparedServices } from '../dist/agents/online/compared-services.js';
import { endOfLogMs, formerPolicy, livedProject } from '../dist/agents/online/lived-project.js';
import { servedArm } from '../dist/agents/online/served-arm.js';
import { HttpRecommender, quietIo } from '../dist/index.js';
import { parseComposition } from '../dist/pipeline/index.js';
import { clock } from '../dist/platform/index.js';
import { eventFolder, readEventLog } from '../dist/serving/index.js';
import { createLiveWorld, InteractiveWorld, UnitTotals } from '../dist/world/index.js';

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '2000' },
    items: { type: 'string', default: '400' },
    days: { type: 'string', default: '2' },
    model: { type: 'string', default: 'dcnv2' },
    seed: { type: 'string', default: '1' },
    keep: { type: 'boolean', default: false },
  },
});
const [users, items, days, seed] = ['users', 'items', 'days', 'seed'].map((name) => Number(values[name]));
const logDays = 2;
const io = quietIo();
const root = mkdtempSync(join(tmpdir(), 'automodel-world-over-http-'));
const projectDir = join(root, 'project');
const failures = [];
const demand = (isSo, what) => void (isSo || failures.push(what));
const count = (n) => n.toLocaleString('en');

const world = createLiveWorld({ seed, users, items, days: logDays + days, warmupDays: 1, tickSeconds: 600 });
const log = await livedProject({ world, logDays, logDir: join(root, 'log'), projectDir }, io);
const training = { seeds: 1, seed, hyperParameters: {}, tune: 0, test: false, workers: 1 };
await operations.train({ projectDir, model: values.model, ...training }, io);
console.log(
  `${count(log.impressions)} impressions of ${logDays} days lived through; ${values.model} trained on them`,
);

// With a share left to chance, so that there are propensities to compare.
const composition = {
  schemaVersion: 1,
  recall: [
    { channel: 'popular', quota: 40 },
    { channel: 'neighbours', quota: 30 },
    { channel: 'newest', quota: 20 },
  ],
  candidates: 100,
  rerank: [{ stage: 'explore', share: 0.1, seed }],
};
writeFileSync(join(projectDir, 'pipeline.json'), JSON.stringify(composition));
// Neighbours are counted again with a snapshot, when a thread has time: neither must do so before the other.
const never = 1e9;
const server = await serve(projectDir, [
  '--deadline-ms',
  '10000',
  '--queue',
  '1024',
  '--snapshot-events',
  String(never),
]);
const http = new HttpRecommender({ url: server.url });
const inProcess = await openOnlineService({
  projectDir,
  composition: parseComposition(composition),
  storeDir: join(root, 'store-in-process'),
  snapshotEvents: never,
  io,
});

const compared = new ComparedServices(http, inProcess);
const { comparison } = compared;
const reported = new Map();
const requestIds = new Set();
const noting = {
  recommend: (requests) => {
    for (const { requestId } of requests) requestIds.add(requestId);
    return compared.recommend(requests);
  },
  append: (events) => {
    for (const event of events) reported.set(event.id, JSON.stringify(event));
    return compared.append(events);
  },
};
const fromMs = endOfLogMs(world, logDays);
const arm = servedArm({ name: 'served', world, service: noting, before: formerPolicy(world), fromMs });
const totals = new UnitTotals({ users, fromDay: logDays, toDay: logDays + days, count: 'truth' });
const living = new InteractiveWorld({ world, arms: [arm], recorders: [totals] });
await living.advanceTo(logDays);
const begun = clock.monotonicMs();
await living.run();
const seconds = (clock.monotonicMs() - begun) / 1000;
const shown = totals.sums.impressions.reduce((sum, n) => sum + n, 0);
const { requests, differing } = comparison;
console.log(
  `${days} days served over HTTP in ${seconds.toFixed(1)} s beside the pipeline in process: ${count(requests)} requests, ` +
    `${count(shown)} impressions, ${count(comparison.events)} events reported, ${count(http.askedAgain)} sent again`,
);
console.log(
  `answers that differ: ${differing} of ${count(requests)} (${count(comparison.items)} items; largest difference of scores ` +
    `${comparison.largestScoreDifference.toExponential(1)}, of propensities ${comparison.largestPropensityDifference.toExponential(1)})`,
);
demand(requests > 0 && comparison.items > 0 && comparison.events > 0, 'nobody came');
demand(differing === 0, `answers differ: ${comparison.firstDifference}`);

// The control: whoever was told that a user saw a page gives that user another one.
const [someone] = [...requestIds].at(-1).split('-');
const page = {
  user: someone,
  limit: 10,
  atMs: fromMs + days * 86_400_000,
  context: {},
  exclude: [],
  explain: false,
};
const [{ items: next }] = await inProcess.recommend([{ ...page, requestId: 'control-1' }]);
const secret = next.map(({ item }, n) => ({
  id: `secret-${n}`,
  atMs: page.atMs,
  user: someone,
  item,
  kind: 'click',
}));
await inProcess.append(secret);
await compared.recommend([{ ...page, requestId: 'control-2' }]);
demand(
  comparison.differing === differing + 1,
  'a service that was told more gave the same answer: nothing is proven',
);
console.log(
  `told of ${secret.length} clicks that the other does not know of, one answers otherwise: ${comparison.differing - differing} of 1 differs`,
);

await inProcess.close();
http.close();
await server.stop();

const stored = new Map();
const wrong = [];
const answered = new Map();
readEventLog(eventFolder(join(projectDir, '.automodel/serving')), (event) => {
  if (event.kind === 'served') {
    answered.set(event.requestId, (answered.get(event.requestId) ?? 0) + 1);
    return;
  }
  stored.set(event.id, (stored.get(event.id) ?? 0) + 1);
  if (reported.get(event.id) !== JSON.stringify(event)) wrong.push(event.id);
});
const missing = [...reported.keys()].filter((id) => !stored.has(id));
const doubled = [...stored].filter(([, times]) => times > 1);
const unanswered = [...requestIds].filter((id) => answered.get(id) !== 1);
console.log(
  `event log: ${count(stored.size)} of ${count(reported.size)} reported events, ${missing.length} missing, ${doubled.length} doubled, ` +
    `${wrong.length} other than reported; ${count(answered.size - 1)} answers noted, ${unanswered.length} not once`,
);
demand(missing.length + doubled.length + wrong.length === 0, 'the event log is not what was reported');
demand(unanswered.length === 0, `answers are not noted once: ${unanswered.slice(0, 5)}`);
if (values.keep) console.log(`kept in ${root}`);
else rmSync(root, { recursive: true, force: true });
for (const failure of failures) console.error(failure);
if (failures.length > 0) process.exit(1);
console.log('one pipeline, in process and over HTTP; every event is in the log, once');
// Threads of the pipeline must not hold up the end.
process.exit(0);
