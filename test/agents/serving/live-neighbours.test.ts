import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { LiveNeighbours } from '../../../src/agents/serving/live-neighbours.js';
import { neighbourLists } from '../../../src/agents/serving/neighbour-lists.js';
import { openOnlineService } from '../../../src/agents/index.js';
import { parseComposition } from '../../../src/pipeline/index.js';
import { RecommendRequest, type ServedEvent, type Warning } from '../../../src/schema/index.js';
import { ServingState, Slices, StateSettings } from '../../../src/serving/index.js';
import { listeningIo, tinyProject } from '../tiny-project.js';

const folder = mkdtempSync(join(tmpdir(), 'live-neighbours-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const click = (id: string, user: string, item: string): ServedEvent => ({
  id,
  atMs: 1,
  user,
  item,
  kind: 'click',
});
const made = (): ServingState =>
  new ServingState(StateSettings.parse({}), {
    items: [],
    users: new Map(),
    itemTables: [],
    userTables: [],
  });

it('counts again by what a snapshot holds, in a thread, and keeps it for a restart', async () => {
  const state = made();
  const path = join(folder, 'lists.bin');
  const warnings: Warning[] = [];
  const warn = (warning: Warning): void => void warnings.push(warning);
  for (const item of 'abc') state.apply(click(item, 'u', item));
  const live = new LiveNeighbours(path, state, 'log', warn);
  const first = live.current;
  for (const user of 'vwx') for (const item of 'cde') state.apply(click(user + item, user, item));
  const frozen = state.freeze();
  const content = await frozen.content(new Slices());
  frozen.release();
  state.apply(click('late', 'y', 'f'));
  const counted = live.refresh(content);
  expect(live.refresh(content)).toBe(counted); // one at a time
  await counted;
  const five = made();
  for (const [user, items] of content.histories)
    for (const item of items) five.apply(click(`${user}${item}`, user, content.catalogue.ids[item]));
  expect(live.current).toEqual(neighbourLists(five));
  expect(live.current).not.toEqual(first);
  expect(new LiveNeighbours(path, state, 'log', warn).current).toEqual(live.current);

  // What cannot be kept is told, and the lists that there are stay.
  const blocked = join(folder, 'blocked');
  const other = new LiveNeighbours(join(blocked, 'lists.bin'), state, 'log', warn);
  const before = other.current;
  rmSync(blocked, { recursive: true });
  writeFileSync(blocked, 'no folder');
  expect(warnings).toEqual([]);
  await other.refresh(content);
  expect(other.current).toBe(before);
  expect(warnings).toHaveLength(1);
  expect(warnings[0].message).toContain('Neighbours of items stay as they were');
  await live.close();
  await live.refresh(content); // counts no more
  await other.close();
});

it('brings what users did together since into recommendations after a snapshot, and not before', async () => {
  mkdirSync(join(folder, 'world'));
  const projectDir = await tinyProject(join(folder, 'world'));
  const composition = parseComposition({
    schemaVersion: 1,
    recall: [{ channel: 'neighbours', quota: 0 }],
    candidates: 50,
    rank: false,
  });
  const { io, warnings } = listeningIo();
  const service = await openOnlineService({ projectDir, composition, storeDir: join(folder, 'store'), io });
  const atMs = Date.UTC(2026, 0, 1);
  const itemsOf = async (): Promise<string[]> => {
    const request = RecommendRequest.parse({ user: 'asks', limit: 50, atMs });
    return (await service.recommend([request]))[0].items.map(({ item }) => item);
  };
  // Nobody had these two before; now ten people have them one after the other.
  const events = Array.from({ length: 10 }, (_, n) => [
    { ...click(`a${n}`, `new ${n}`, 'left sock'), atMs: atMs + n },
    { ...click(`b${n}`, `new ${n}`, 'right sock'), atMs: atMs + n },
  ]);
  await service.append([...events.flat(), { ...click('q', 'asks', 'left sock'), atMs }]);
  expect(await itemsOf()).toEqual([]);
  await service.snapshot();
  expect(await itemsOf()).toEqual(['right sock']);
  await service.close();
  const again = await openOnlineService({ projectDir, composition, storeDir: join(folder, 'store'), io });
  const [{ items }] = await again.recommend([RecommendRequest.parse({ user: 'asks', limit: 50, atMs })]);
  expect(items.map(({ item }) => item)).toEqual(['right sock']);
  await again.close();
  expect(warnings).toEqual([]);
}, 60_000);
