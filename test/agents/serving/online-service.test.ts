import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  exportTrainingLog,
  openOnlineService,
  operations,
  type DeployableService,
  type OnlineServiceOptions,
} from '../../../src/agents/index.js';
import { loadRankingModel } from '../../../src/agents/serving/ranking-model.js';
import { readTable, writeTable } from '../../../src/data/index.js';
import { parseComposition } from '../../../src/pipeline/index.js';
import { RecommendRequest, type RecommendResponse, type ServedEvent } from '../../../src/schema/index.js';
import { readEventLog } from '../../../src/serving/index.js';
import { InferenceThread } from '../../../src/training/compute/inference-thread.js';
import { copyOf, listeningIo, removeFolder, temporaryFolder, tinyProject } from '../tiny-project.js';

const folder = temporaryFolder();
const models = ['lr', 'dcnv2', 'din'] as const;
type Model = (typeof models)[number];
const artefacts = {} as Record<Model, string>;
let projectDir: string;
const opened: DeployableService[] = [];
let stores = 0;

beforeAll(async () => {
  projectDir = await tinyProject(folder);
  const { io } = listeningIo();
  for (const model of models) {
    const before = new Set(artefactNames());
    await operations.train(
      { projectDir, model, seeds: 1, seed: 1, hyperParameters: {}, tune: 0, test: false },
      io,
    );
    artefacts[model] = artefactNames().find((name) => !before.has(name)) as string;
  }
}, 120_000);

afterAll(async () => {
  await Promise.all(opened.map((service) => service.close()));
  removeFolder(folder);
});

function artefactNames(): string[] {
  try {
    return readdirSync(join(projectDir, '.automodel', 'artefacts'));
  } catch {
    return [];
  }
}

const newStore = (): string => join(folder, `store-${(stores += 1)}`);

/** A service on a store of its own. */
async function open(options: Partial<OnlineServiceOptions> = {}) {
  const { io, warnings } = listeningIo();
  const storeDir = options.storeDir ?? newStore();
  const service = await openOnlineService({ projectDir, artefact: artefacts.din, ...options, storeDir, io });
  opened.push(service);
  return { service, warnings, storeDir };
}

/** One service for each model, for tests that mind nobody else's events. */
const shared = new Map<Model, Promise<DeployableService>>();
function served(model: Model): Promise<DeployableService> {
  const service = shared.get(model) ?? open({ artefact: artefacts[model] }).then((own) => own.service);
  shared.set(model, service);
  return service;
}

const asked = (user: string, more: object = {}): RecommendRequest =>
  RecommendRequest.parse({ user, atMs, ...more });
const only = async (service: DeployableService, request: RecommendRequest): Promise<RecommendResponse> =>
  (await service.recommend([request]))[0];
const itemsOf = ({ items }: RecommendResponse): string[] => items.map(({ item }) => item);
const atMs = Date.UTC(2025, 0, 20, 15);
const event = (id: string, user: string, item: string, more: Partial<ServedEvent> = {}): ServedEvent => ({
  id,
  atMs,
  user,
  item,
  kind: 'click',
  ...more,
});

/** Columns of the event table as requests bring them. */
const context = { position: 2, hour: 15, weekday: 1, on_wifi: 1, shard: 3, jitter: 0.25 };

describe('scores', () => {
  const users = [...Array.from({ length: 8 }, (_, u) => String(u * 7)), '99999'];
  const items = [...Array.from({ length: 30 }, (_, i) => String(1 + i * 4)), '88888'];

  it.each(models)('of %s are those that predict gives to the same rows', async (model) => {
    const service = await served(model);
    const input = join(folder, `rows-${model}.parquet`);
    const rows = users.flatMap((user) => items.map((item) => [Number(user), Number(item)] as const));
    const column = (value: number) => new Float64Array(rows.length).fill(value);
    await writeTable(input, [
      { name: 'user_id', values: Float64Array.from(rows, ([user]) => user), integer: true },
      { name: 'item_id', values: Float64Array.from(rows, ([, item]) => item), integer: true },
      { name: 'timestamp', values: column(atMs / 1000), integer: true },
      ...Object.entries(context).map(([name, value]) => ({
        name,
        values: column(value),
        integer: Number.isInteger(value),
      })),
    ]);
    const out = join(folder, `scores-${model}.csv`);
    await operations.predict({ projectDir, input, out, artefact: artefacts[model] }, listeningIo().io);
    const predicted = (await readTable(out, ['score'])).get('score') as Float64Array;
    let row = 0;
    for (const user of users) {
      const { scores } = await service.rank({ user, items, atMs, context });
      expect(scores.map(({ item }) => item)).toEqual(items);
      expect(scores.map(({ known }) => known)).toEqual(items.map((item) => item !== '88888'));
      for (const { score } of scores) expect(1 / (1 + Math.exp(-score))).toBeCloseTo(predicted[row++], 5);
      expect(new Set(scores.map(({ score }) => score)).size).toBeGreaterThan(20);
    }
    // The negative control: another context has other scores.
    const other = await service.rank({
      user: users[0],
      items,
      atMs,
      context: { ...context, hour: 3, on_wifi: 0 },
    });
    expect(
      other.scores.some(({ score }, i) => Math.abs(1 / (1 + Math.exp(-score)) - predicted[i]) > 1e-4),
    ).toBe(true);
  });

  it.each(models)('of %s are the same one by one, in a batch, and by the whole graph', async (model) => {
    const service = await served(model);
    const requests = users.map((user, i) =>
      asked(user, { context, limit: 20, explain: true, requestId: `r${i}` }),
    );
    const single: RecommendResponse[] = [];
    for (const request of requests) single.push(await only(service, request));
    const batched = await service.recommend(requests);
    batched.forEach((response, r) => {
      expect(itemsOf(response)).toEqual(itemsOf(single[r]));
      response.items.forEach(({ score }, i) => expect(score).toBeCloseTo(single[r].items[i].score, 5));
    });
    expect(new Set(batched.map((response) => itemsOf(response).join())).size).toBeGreaterThan(3);
    const dir = join(projectDir, '.automodel', 'artefacts', artefacts[model]);
    const [cut, whole] = await Promise.all([
      loadRankingModel(dir, { threads: 1 }),
      loadRankingModel(dir, { threads: 1, whole: true }),
    ]);
    expect(whole.requestFields).toEqual(cut.requestFields);
    expect(whole.candidateFields).toEqual(cut.candidateFields);
    await cut.close();
    await whole.close();
  });
});

describe('recommendations', () => {
  let service: DeployableService;
  beforeAll(async () => {
    service = await served('dcnv2');
  });

  it('are what was asked for: so many, without what is excluded or seen, among candidates', async () => {
    const first = await only(service, asked('5', { limit: 7 }));
    expect(first.items.map(({ position }) => position)).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect(new Set(itemsOf(first)).size).toBe(7);
    for (const { propensity, explanation } of first.items)
      expect([propensity, explanation]).toEqual([1, undefined]);
    const scores = first.items.map(({ score }) => score);
    expect(scores).toEqual([...scores].sort((a, b) => b - a));
    const exclude = itemsOf(first).slice(0, 3);
    const second = await only(service, asked('5', { limit: 7, exclude: [...exclude, 'no such item'] }));
    expect(itemsOf(second).slice(0, 4)).toEqual(itemsOf(first).slice(3));
    const candidates = [...itemsOf(first).slice(4), exclude[0], 'no such item'];
    const among = await only(
      service,
      asked('5', { limit: 7, candidates, exclude: [exclude[0]], explain: true }),
    );
    expect(itemsOf(among)).toEqual(itemsOf(first).slice(4));
    expect(among.items[0].explanation?.channels).toEqual([{ channel: 'given', score: 0, rank: 0 }]);
  });

  it('say on demand where they come from and what their scores are made of', async () => {
    const { items } = await only(service, asked('9', { explain: true }));
    const channels = new Set(
      items.flatMap(({ explanation }) => explanation?.channels.map(({ channel }) => channel)),
    );
    expect(channels.size).toBeGreaterThan(1);
    for (const { score, explanation } of items) expect(explanation?.parts).toEqual({ model: score });
  });

  it('come for users that nobody knows, and change with what they do', async () => {
    const own = await served('din');
    const cold = await only(own, asked('somebody new'));
    expect(cold.items.length).toBe(10);
    const clicked = itemsOf(cold).slice(0, 3);
    const events = clicked.map((item, i) => event(`c${i}`, 'somebody new', item));
    expect(await own.append(events)).toEqual({ stored: 3, repeated: 0 });
    const warm = await only(own, asked('somebody new', { explain: true }));
    expect(itemsOf(warm).filter((item) => clicked.includes(item))).toEqual([]);
    const channels = warm.items.flatMap(({ explanation }) =>
      explanation?.channels.map(({ channel }) => channel),
    );
    expect(channels).toContain('nearest');
    const scoresOf = async (user: string) =>
      (await own.rank({ user, items: itemsOf(warm), atMs, context: {} })).scores.map(({ score }) => score);
    expect(await scoresOf('somebody new')).not.toEqual(await scoresOf('somebody else'));
  });

  it('have items in them that came by an event, until they are taken out', async () => {
    const own = await served('dcnv2');
    const item = 'brand new';
    const row = { category: 'food', creator_id: 3, duration_s: 'not a number', tags: 'viral' };
    await own.append([event('n1', 'operator', item, { kind: 'item', more: row })]);
    const { scores } = await own.rank({ user: '3', items: [item, 'unheard of'], atMs, context: {} });
    expect(scores.map(({ known }) => known)).toEqual([true, false]);
    expect(scores[0].score).not.toBe(scores[1].score); // its category is known
    const page = await only(own, asked('3', { limit: 200, explain: true }));
    const found = page.items.find((own_) => own_.item === item);
    expect(found?.explanation?.channels.map(({ channel }) => channel)).toContain('newest');
    await own.append([event('n2', 'operator', item, { kind: 'item-removed' })]);
    expect(itemsOf(await only(own, asked('3', { limit: 200 })))).not.toContain(item);
  });

  it("refuse a context that no column has, and events that are the service's own", async () => {
    await expect(only(service, asked('5', { context: { hoür: 3 } }))).rejects.toMatchObject({
      code: 'UNKNOWN_COLUMN',
      details: { column: 'hoür' },
    });
    await expect(only(service, asked('5', { context: { on_wifi: 'yes' } }))).rejects.toMatchObject({
      code: 'SCHEMA_MISMATCH',
    });
    await expect(service.append([event('x', '5', '1', { kind: 'served' })])).rejects.toMatchObject({
      code: 'USAGE',
    });
    expect((await only(service, asked('5'))).items.length).toBe(10);
  });
});

describe('a restart', () => {
  it('recommends what was recommended before, after a close and after a kill', async () => {
    const { service, storeDir } = await open();
    const users = ['1', '2', '3', 'new one'];
    await service.append(
      Array.from({ length: 60 }, (_, i) =>
        event(`e${i}`, users[i % 4], String((i * 13) % 120), { atMs: atMs + i }),
      ),
    );
    await service.append([event('late', 'new one', 'an unknown item')]);
    const ask = (own: DeployableService) =>
      Promise.all(users.map((user) => only(own, asked(user, { requestId: `same ${user}` }))));
    const before = await ask(service);
    // As a kill leaves it: whatever is on the disk now.
    const killed = newStore();
    cpSync(storeDir, killed, { recursive: true });
    await service.close();
    await service.close();
    for (const dir of [storeDir, killed]) {
      const { service: again, warnings } = await open({ storeDir: dir });
      expect(await ask(again)).toEqual(before);
      expect(warnings).toEqual([]);
      expect(again.gauges()['events_replayed_at_start']).toBe(dir === storeDir ? 0 : 61);
    }
    await expect(only(service, asked('1'))).rejects.toMatchObject({ code: 'USAGE' });
    expect(service.readiness()).toMatchObject({ ready: false, reason: 'closing' });
  });
});

describe('versions', () => {
  it('are swapped under load without a failed request', async () => {
    const { service } = await open({ artefact: artefacts.lr });
    const [first] = service.versions();
    const seen = new Map<string, number>();
    const state = { isOver: false };
    const client = async (c: number): Promise<void> => {
      for (let n = 0; !state.isOver || n < 5; n += 1) {
        const { version, items } = await only(service, asked(String((c * 31 + n) % 250)));
        expect(items.length).toBe(10);
        seen.set(version, (seen.get(version) ?? 0) + 1);
      }
    };
    const clients = [1, 2, 3, 4].map(client);
    const second = await service.deploy({ artefact: artefacts.dcnv2 });
    const third = await service.deploy({ artefact: artefacts.din });
    expect(await service.deploy({ artefact: artefacts.din })).toBe(third); // there already
    state.isOver = true;
    await Promise.all(clients);
    expect(new Set([first, second, third]).size).toBe(3);
    expect(seen.get(first)).toBeGreaterThan(0);
    expect(service.readiness()).toEqual({ ready: true, version: third });
    expect(service.gauges()['requests_failed']).toBe(0);
    expect(service.versions()).toEqual([third]);
    expect((await only(service, asked('1'))).version).toBe(third);
  });

  it('that cannot be loaded, or whose golden rows score otherwise, change nothing', async () => {
    const copy = copyOf(projectDir, 'broken');
    const { service } = await open({ projectDir: copy, artefact: artefacts.lr });
    const [version] = service.versions();
    const before = await only(service, asked('4', { requestId: 'q' }));
    const path = join(copy, '.automodel', 'artefacts', artefacts.dcnv2, 'candidates.onnx');
    const bytes = readFileSync(path);
    bytes[bytes.length >> 1] ^= 1;
    writeFileSync(path, bytes);
    await expect(service.deploy({ artefact: artefacts.dcnv2 })).rejects.toMatchObject({
      code: 'ARTEFACT_CORRUPT',
    });
    await expect(service.deploy({ artefact: 'ffff' })).rejects.toMatchObject({ code: 'USAGE' });
    const strange = parseComposition({
      schemaVersion: 1,
      recall: [{ channel: 'telepathy', quota: 1 }],
      candidates: 10,
    });
    await expect(service.deploy({ artefact: artefacts.din, composition: strange })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
    expect(service.versions()).toEqual([version]);
    expect(await only(service, asked('4', { requestId: 'q' }))).toEqual(before);
  });

  it('answer side by side, each whom it is assigned; exposures are logged once', async () => {
    const { service, storeDir } = await open({ artefact: artefacts.lr });
    const [control] = service.versions();
    const treatment = await service.deploy({ artefact: artefacts.dcnv2, makeDefault: false });
    service.assignBy(({ user }) => ({
      variants: { taste: user === '7' ? 'B' : 'A' },
      ...(user === '7' && { version: treatment }),
    }));
    const [one, two] = await service.recommend([
      asked('7', { requestId: 'a' }),
      asked('8', { requestId: 'b' }),
    ]);
    expect([one.version, two.version]).toEqual([treatment, control]);
    expect([one.variants, two.variants]).toEqual([{ taste: 'B' }, { taste: 'A' }]);
    await only(service, asked('7', { requestId: 'c', context: { hour: 3 } }));
    // A version that is gone holds nobody's request.
    await service.retire(treatment);
    const fallen = await only(service, asked('7', { requestId: 'd' }));
    expect([fallen.version, fallen.variants]).toEqual([control, {}]);
    expect(service.gauges()['requests_whose_version_was_gone']).toBe(1);
    await expect(service.retire(control)).rejects.toMatchObject({ code: 'USAGE' });
    await service.close();
    const logged: ServedEvent[] = [];
    readEventLog(join(storeDir, 'events'), (own) => logged.push(own));
    const of = (kind: string) => logged.filter((own) => own.kind === kind);
    // Requests of one call are noted as they are answered.
    const served = of('served').sort((x, y) => String(x.requestId).localeCompare(String(y.requestId)));
    expect(served.map(({ requestId, more }) => [requestId, more?.['version']])).toEqual([
      ['a', treatment],
      ['b', control],
      ['c', treatment],
      ['d', control],
    ]);
    expect(served[0].more).toMatchObject({ items: itemsOf(one), propensities: one.items.map(() => 1) });
    expect(served[2].more).toMatchObject({ context: { hour: 3 } });
    const exposed = of('exposure').sort((x, y) => x.user.localeCompare(y.user));
    expect(exposed.map(({ user, more }) => [user, more?.['experiment'], more?.['variant']])).toEqual([
      ['7', 'taste', 'B'],
      ['8', 'taste', 'A'],
    ]);
  });

  it('need no model where the composition does not rank', async () => {
    const composition = parseComposition({
      schemaVersion: 1,
      recall: [{ channel: 'popular', quota: 20 }],
      candidates: 20,
      rank: false,
    });
    const { service } = await open({ artefact: undefined, composition });
    expect((await only(service, asked('1'))).items.length).toBe(10);
    await expect(service.rank({ user: '1', items: ['1'], context: {} })).rejects.toMatchObject({
      code: 'USAGE',
    });
    expect(service.gauges()['model_ms']).toBe(0);
  });
});

describe('openOnlineService', () => {
  it('takes pipeline.json and serving.json of the project, and says what is wrong in them', async () => {
    const copy = copyOf(projectDir, 'files');
    const pipeline = {
      schemaVersion: 1,
      recall: [{ channel: 'popular', quota: 50 }],
      candidates: 60,
      rerank: [
        { stage: 'caps', attribute: 'creator_id', most: 1 },
        { stage: 'explore', share: 0.5, seed: 4 },
      ],
    };
    writeFileSync(join(copy, 'pipeline.json'), JSON.stringify(pipeline));
    writeFileSync(join(copy, 'serving.json'), JSON.stringify({ context, state: { seenLength: 0 } }));
    const { service } = await open({ projectDir: copy });
    const page = await only(service, asked('1', { requestId: 'r', explain: true }));
    expect(page.items.some(({ propensity }) => propensity < 1)).toBe(true);
    expect(await only(service, asked('1', { requestId: 'r', explain: true }))).toEqual(page);
    expect(await only(service, asked('1', { requestId: 'other', explain: true }))).not.toEqual(page);
    const rank = (more: Record<string, unknown>) =>
      service.rank({ user: '1', items: ['4'], atMs, context: more });
    expect((await rank({})).scores).toEqual((await rank(context)).scores);
    const { modelBytes, itemBytes, stateBytes } = service.describe(service.readiness().version);
    expect(service.gauges()).toMatchObject({
      model_bytes: modelBytes,
      item_bytes: itemBytes,
      state_bytes: stateBytes,
    });
    // 120 items, each an id and a direction at least.
    expect(itemBytes).toBeGreaterThan(120 * 4 * 2);
    expect(stateBytes).toBeGreaterThan(0);
    await service.close();
    for (const [file, content, message] of [
      ['serving.json', { contxt: {} }, /serving\.json/],
      ['serving.json', { state: { historyLength: -1 } }, /state\.historyLength/],
      ['serving.json', { memory: { rememberedIds: 10 } }, /memory\.rememberedIds/],
      ['pipeline.json', { ...pipeline, candidates: 0 }, /candidates/],
    ] as const) {
      const broken = copyOf(copy, `broken-${(stores += 1)}`);
      writeFileSync(join(broken, file), JSON.stringify(content));
      await expect(open({ projectDir: broken })).rejects.toThrow(message);
    }
  });

  it('ranks side by side with several instances as with one, whatever ONNX Runtime rewrites', async () => {
    const copy = copyOf(projectDir, 'instances');
    writeFileSync(
      join(copy, 'serving.json'),
      JSON.stringify({ resources: { instances: 3, optimisation: 'basic' } }),
    );
    const one = await served('din');
    const { service } = await open({ projectDir: copy });
    const { version } = service.readiness();
    expect(service.describe(version).instances).toBe(3);
    expect(service.gauges()['model_instances']).toBe(3);
    expect(one.gauges()['model_instances']).toBe(1);
    expect(service.versions()).not.toEqual(one.versions());
    const users = Array.from({ length: 20 }, (_, user) => String(user));
    const rank = (of: DeployableService) =>
      Promise.all(users.map((user) => of.rank({ user, items: ['4', '7', '11'], atMs, context: {} })));
    const [several, single] = [await rank(service), await rank(one)];
    for (const [i, { scores }] of several.entries())
      for (const [item, score] of scores.entries())
        expect(score.score).toBeCloseTo(single[i].scores[item].score, 4);
    expect(new Set(single.map(({ scores }) => scores[0].score)).size).toBeGreaterThan(1);
    // What a person says at the start goes before what the file says.
    const said = await open({ projectDir: copy, modelInstances: 2 });
    expect(said.service.gauges()['model_instances']).toBe(2);
  });

  it('is ready as long as one thread of its model works, and again when they are opened again', async () => {
    const opening = vi.spyOn(InferenceThread, 'openSeveral');
    const { service } = await open({ modelInstances: 2 });
    const threads = await (opening.mock.results[0].value as ReturnType<typeof InferenceThread.openSeveral>);
    opening.mockRestore();
    expect(threads).toHaveLength(2);
    const kill = (thread: InferenceThread): Promise<number> =>
      (
        thread as unknown as { client: { worker: { terminate(): Promise<number> } } }
      ).client.worker.terminate();
    const { version } = service.readiness();
    const ask = () => service.rank({ user: '3', items: ['4', '7'], atMs, context: {} });
    const before = await ask();
    await kill(threads[0]);
    expect(service.readiness()).toEqual({ ready: true, version });
    expect(service.gauges()['model_threads_lost']).toBe(1);
    expect((await ask()).scores).toEqual(before.scores);
    await Promise.all(threads.filter(({ isLost }) => !isLost).map(kill));
    expect(service.readiness()).toMatchObject({
      ready: false,
      reason: expect.stringMatching(/threads of the model ended/) as string,
      version,
    });
    await expect(ask()).rejects.toMatchObject({ code: 'WORKER_LOST', retryable: true });
    await vi.waitUntil(() => service.readiness().ready, { timeout: 10_000 });
    expect((await ask()).scores).toEqual(before.scores);
    await vi.waitUntil(() => service.gauges()['model_threads_lost'] === 0, { timeout: 10_000 });
    expect(service.gauges()['model_threads_reopened']).toBeGreaterThanOrEqual(2);
  });

  it('takes the newest artefact, goes on when items came since, and says when there is nothing to serve', async () => {
    const copy = copyOf(projectDir, 'later');
    const { service, storeDir } = await open({ projectDir: copy, artefact: undefined });
    const { version } = service.readiness();
    await expect(open({ projectDir: copy, storeDir })).rejects.toMatchObject({ code: 'PROJECT_LOCKED' });
    await service.close();
    const named = await open({ projectDir: copy, artefact: artefacts.din });
    expect(named.service.readiness().version).toBe(version); // trained last
    rmSync(join(copy, '.automodel', 'artefacts'), { recursive: true });
    await expect(open({ projectDir: copy, artefact: undefined })).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/no artefact/) as string,
    });
    await expect(open({ projectDir: folder })).rejects.toMatchObject({ code: 'PROJECT_MISSING' });
  });
});

describe('the training log', () => {
  it('is a table that init reads: what was shown with what came of it', async () => {
    const { service, storeDir } = await open({ artefact: artefacts.lr });
    const requests = Array.from({ length: 40 }, (_, i) =>
      asked(String(i), { requestId: `r${i}`, atMs: atMs + 60_000 * i, context: { hour: i % 24 } }),
    );
    const pages = await service.recommend(requests);
    const events = pages.flatMap(({ requestId, user, items }, p) =>
      items.slice(0, 6).flatMap(({ item, position }): ServedEvent[] => {
        const more = { requestId, position, atMs: atMs + 60_000 * p + 5 };
        const seen = event(`i ${requestId} ${item}`, user, item, { ...more, kind: 'impression' });
        const isClicked = (p + position) % 3 === 0;
        return isClicked
          ? [seen, event(`c ${requestId} ${item}`, user, item, { ...more, value: position })]
          : [seen];
      }),
    );
    await service.append(events);
    await service.close();
    const out = join(folder, 'training.parquet');
    expect(await exportTrainingLog({ projectDir, storeDir, out })).toEqual({ out, rows: 240, requests: 40 });
    const table = await readTable(out, [
      'user_id',
      'item_id',
      'timestamp',
      'position',
      'propensity',
      'click',
      'click_value',
      'impression',
      'hour',
    ]);
    const of = (name: string) => [...(table.get(name) as Float64Array)];
    expect(of('user_id')).toEqual(pages.flatMap(({ user }) => Array.from({ length: 6 }, () => Number(user))));
    expect(of('item_id')).toEqual(pages.flatMap((page) => itemsOf(page).slice(0, 6).map(Number)));
    expect(of('timestamp')[6]).toBe((atMs + 60_000) / 1000);
    expect(of('click')).toEqual(
      pages.flatMap((_, p) => [0, 1, 2, 3, 4, 5].map((i) => ((p + i) % 3 === 0 ? 1 : 0))),
    );
    expect(of('click_value').slice(0, 4)).toEqual([0, Number.NaN, Number.NaN, 3]);
    expect(new Set(of('impression'))).toEqual(new Set([1]));
    expect(of('hour').slice(0, 7)).toEqual([0, 0, 0, 0, 0, 0, 1]);
    // All that was answered, where nobody reports what was looked at.
    const all = await exportTrainingLog({
      projectDir,
      storeDir,
      out: join(folder, 'all.jsonl'),
      shownKind: 'viewed',
    });
    expect(all.rows).toBe(400);
    const next = join(folder, 'next');
    const init = await operations.init(
      {
        projectDir: next,
        files: [out],
        task: 'ctr',
        split: 'time',
        positive: undefined,
        label: 'click',
        useDatasetJson: false,
      },
      listeningIo().io,
    );
    expect(init.label).toBe('click');
    await expect(
      exportTrainingLog({ projectDir, storeDir, out: join(folder, 'x.csv') }),
    ).rejects.toMatchObject({
      code: 'USAGE',
    });
  });
});
