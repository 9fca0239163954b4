// npm run bench:world -- [--users 20000] [--items 5000] [--days 7] [--repeats 3] [--family interacting] [--batch 256] [--port]
//   [--recommender <module>] [--json]
// Shown impressions a minute of the interactive world: slates of 10 out of 100 candidates, log written to typed columns. Served by
// popularity, by the same policy behind the Recommender port (--port), or by what a module makes:
//   export async function createRecommender(world) -> { recommender, sink?, close? }   (see createLiveWorld)
// Times are wall clock and processor time of this process; where the time goes is sampled in a run of its own.
import { Session } from 'node:inspector/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import {
  createLiveWorld,
  InteractiveWorld,
  LiveLog,
  PolicyRecommender,
  popularityPolicy,
} from '../dist/world/index.js';

const { values } = parseArgs({
  options: {
    users: { type: 'string', default: '20000' },
    items: { type: 'string', default: '5000' },
    days: { type: 'string', default: '7' },
    repeats: { type: 'string', default: '3' },
    family: { type: 'string', default: 'interacting' },
    batch: { type: 'string', default: '256' },
    port: { type: 'boolean', default: false },
    recommender: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const world = createLiveWorld({
  users: Number(values.users),
  items: Number(values.items),
  days: Number(values.days),
  family: values.family,
  slateSize: 10,
  candidates: 100,
});

async function makeArm() {
  if (values.recommender !== undefined) {
    const { createRecommender } = await import(pathToFileURL(resolve(values.recommender)).href);
    return createRecommender(world);
  }
  const { items, exploration, baseClickRate } = world.settings;
  const policy = popularityPolicy({ items, exploration, priorRate: baseClickRate });
  if (!values.port) return { recommender: policy };
  const recommender = new PolicyRecommender(policy, world);
  return { recommender, sink: recommender };
}

/** One life of the world. */
async function live() {
  const { recommender, sink, close } = await makeArm();
  const log = new LiveLog();
  const service = new InteractiveWorld({
    world,
    arms: [{ name: 'control', recommender, ...(sink === undefined ? {} : { sink }) }],
    recorders: [log],
    batchSize: Number(values.batch),
  });
  const processor = process.cpuUsage();
  const from = performance.now();
  await service.advanceTo(0);
  const warm = performance.now();
  const warmProcessor = process.cpuUsage(processor);
  await service.run();
  const seconds = (performance.now() - warm) / 1000;
  const { user, system } = process.cpuUsage(processor);
  await close?.();
  return {
    warmupSeconds: (warm - from) / 1000,
    impressions: log.impressions,
    requests: log.requests,
    seconds,
    processorSeconds: (user + system - warmProcessor.user - warmProcessor.system) / 1e6,
  };
}

/** Share of sampled time by source file. */
async function profile() {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  await live();
  const { profile: taken } = await session.post('Profiler.stop');
  session.disconnect();
  const self = new Map();
  const nodes = new Map(taken.nodes.map((node) => [node.id, node]));
  taken.samples.forEach((id, n) => {
    const { url, functionName } = nodes.get(id).callFrame;
    const name = url === '' ? functionName : url.replace(/^.*\/dist\//, '').replace(/^.*node_modules\//, '');
    self.set(name, (self.get(name) ?? 0) + taken.timeDeltas[n]);
  });
  const total = [...self.values()].reduce((sum, time) => sum + time, 0);
  return [...self]
    .map(([file, time]) => ({ file, share: time / total }))
    .toSorted((a, b) => b.share - a.share)
    .slice(0, 12);
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
const runs = [];
for (let repeat = 0; repeat < Number(values.repeats); repeat += 1) runs.push(await live());
const where = await profile();
const result = {
  machine: {
    processor: cpus()[0].model.trim(),
    cores: availableParallelism(),
    node: process.version,
    load: loadavg()[0],
  },
  served: values.recommender ?? (values.port ? 'popularity behind the port' : 'popularity'),
  runs,
  impressionsPerMinute: median(runs.map(({ impressions, seconds }) => (60 * impressions) / seconds)),
  impressionsPerProcessorMinute: median(
    runs.map(({ impressions, processorSeconds }) => (60 * impressions) / processorSeconds),
  ),
  where,
};
if (values.json) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
else {
  const count = (value) => Math.round(value).toLocaleString('en');
  const lines = [
    `${result.machine.processor}, ${result.machine.cores} cores, load ${result.machine.load.toFixed(1)}, Node ${process.version}.`,
    `${values.family} world, ${count(values.users)} users, ${count(values.items)} items, ${values.days} days, served by ${result.served}.`,
    '',
    '| run | impressions | requests | seconds | processor seconds | impressions a minute |',
    '| --: | --: | --: | --: | --: | --: |',
    ...runs.map(
      ({ impressions, requests, seconds, processorSeconds }, n) =>
        `| ${n + 1} | ${count(impressions)} | ${count(requests)} | ${seconds.toFixed(2)} | ${processorSeconds.toFixed(2)} | ${count((60 * impressions) / seconds)} |`,
    ),
    '',
    `Median: ${count(result.impressionsPerMinute)} a minute, ${count(result.impressionsPerProcessorMinute)} a minute of processor time.`,
    '',
    '| where | share |',
    '| --- | --: |',
    ...where.map(({ file, share }) => `| ${file} | ${(100 * share).toFixed(1)} % |`),
    '',
  ];
  process.stdout.write(lines.join('\n'));
}
