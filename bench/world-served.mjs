// npm run build && node bench/world-served.mjs [--models lr,dcnv2] [--users 4000] [--items 600] [--days 3] [--repeats 3] [--candidates 100]
// Shown impressions a minute of a world that a pipeline of this repository serves: recall, ranking by a model trained on the world's own
// log, event log on disk, users' states; requests of a tick are answered together. DCNv2 is that of the serving
// benchmark: embeddings of 16, three crosses, 400x400x400.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openOnlineService, operations } from '../dist/agents/index.js';
import { endOfLogMs, formerPolicy, livedProject } from '../dist/agents/online/lived-project.js';
import { servedArm } from '../dist/agents/online/served-arm.js';
import { quietIo } from '../dist/index.js';
import { parseComposition } from '../dist/pipeline/index.js';
import { clock } from '../dist/platform/index.js';
import { createLiveWorld, InteractiveWorld, UnitTotals } from '../dist/world/index.js';

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: 'lr,dcnv2' },
    users: { type: 'string', default: '4000' },
    items: { type: 'string', default: '600' },
    days: { type: 'string', default: '3' },
    repeats: { type: 'string', default: '3' },
    candidates: { type: 'string', default: '100' },
  },
});
const [users, items, days, repeats, candidates] = ['users', 'items', 'days', 'repeats', 'candidates'].map(
  (name) => Number(values[name]),
);
const logDays = 3;
const root = mkdtempSync(join(tmpdir(), 'automodel-world-served-'));
const io = quietIo();
const world = createLiveWorld({
  seed: 3,
  users,
  items,
  days: logDays + days,
  warmupDays: 1,
  tickSeconds: 600,
});
try {
  const projectDir = join(root, 'project');
  await livedProject({ world, logDays, logDir: join(root, 'log'), projectDir }, io);
  const large = { embeddingDim: 16, crossLayers: 3, hidden: '400x400x400' };
  for (const model of values.models.split(','))
    await operations.train(
      {
        projectDir,
        model,
        seeds: 1,
        seed: 1,
        hyperParameters: model === 'dcnv2' ? large : {},
        tune: 0,
        test: false,
        workers: 1,
      },
      io,
    );
  const artefacts = join(projectDir, '.automodel', 'artefacts');
  const modelOf = (name) => JSON.parse(readFileSync(join(artefacts, name, 'model.json'), 'utf8')).model;
  const composition = parseComposition({
    schemaVersion: 1,
    recall: [{ channel: 'popular', quota: 0 }],
    candidates,
  });
  const fromMs = endOfLogMs(world, logDays);
  console.log('| model | impressions | impressions a minute, each repeat | ms a request | its share |');
  console.log('| --- | --: | --- | --: | --: |');
  for (const model of values.models.split(',')) {
    const artefact = readdirSync(artefacts).find((name) => modelOf(name) === model);
    const perMinute = [];
    let shown = 0;
    let last;
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const storeDir = join(root, `store-${model}-${repeat}`);
      const service = await openOnlineService({
        projectDir,
        artefact,
        composition,
        storeDir,
        snapshotEvents: 1e9,
        io,
      });
      const arm = servedArm({ name: 'served', world, service, before: formerPolicy(world), fromMs });
      const totals = new UnitTotals({ users, fromDay: logDays, toDay: logDays + days, count: 'truth' });
      const living = new InteractiveWorld({ world, arms: [arm], recorders: [totals] });
      await living.advanceTo(logDays);
      const begun = clock.monotonicMs();
      await living.run();
      const ms = clock.monotonicMs() - begun;
      shown = totals.sums.impressions.reduce((sum, n) => sum + n, 0);
      perMinute.push(Math.round((60_000 * shown) / ms));
      last = { each: arm.time.ms / arm.time.requests, share: arm.time.ms / ms };
      await service.close();
    }
    console.log(
      `| ${model} | ${shown} | ${perMinute.map((n) => n.toLocaleString('en')).join(', ')} | ${last.each.toFixed(2)} | ${(100 * last.share).toFixed(0)} % |`,
    );
  }
} finally {
  rmSync(root, { recursive: true, force: true });
}
