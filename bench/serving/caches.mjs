// What a cache of the request's own part would bring: its hit rate on a recorded stream by size, times what it could save of a request.
// The part is valid until the user acts again (then the history is another one), so a hit needs a further page without a click between.
// Processor time, in turns, since the clock says little on a machine that is shared.
// `npm run build && node bench/serving/caches.mjs --project <dir> --log <events.parquet> [--user user_id --at timestamp --unit s|ms --click is_click]
//   [--artefact <hash>] [--candidates 500] [--rounds 9] [--json]`
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { openOnlineService } from '../../dist/agents/index.js';
import { RequestBlock } from '../../dist/agents/serving/request-block.js';
import { clock, Rng } from '../../dist/platform/index.js';
import { median } from '../../dist/stats/index.js';
import { ComputeClient } from '../../dist/training/compute/compute-client.js';

const { values: flags } = parseArgs({
  options: {
    project: { type: 'string' },
    log: { type: 'string' },
    artefact: { type: 'string' },
    user: { type: 'string', default: 'user_id' },
    at: { type: 'string', default: 'timestamp' },
    unit: { type: 'string', default: 's' },
    click: { type: 'string', default: 'is_click' },
    candidates: { type: 'string', default: '500' },
    rounds: { type: 'string', default: '9' },
    json: { type: 'boolean', default: false },
  },
});
/** Impressions of one answer, and the pause after which a user asks anew. */
const PAGE = 10;
const PAUSE_MS = 10 * 60_000;
const SIZES = [100, 1000, 10_000, 100_000];
const REQUESTS = 40;
const HISTORY = 50;

/** Share of requests whose part is known, by number of users that are kept (the longest unused one goes first). */
function hitRates({ users, atMs, clicks }) {
  const rows = users.length;
  return SIZES.map((size) => {
    const kept = new Map();
    const open = new Map();
    let requests = 0;
    let hits = 0;
    for (let row = 0; row < rows; row += 1) {
      const user = users[row];
      const page = open.get(user);
      if (page === undefined || page.shown === PAGE || atMs[row] - page.lastMs > PAUSE_MS) {
        requests += 1;
        const version = page?.clicks ?? 0;
        if (kept.get(user) === version) hits += 1;
        kept.delete(user);
        kept.set(user, version);
        if (kept.size > size) kept.delete(kept.keys().next().value);
        open.set(user, { shown: 0, lastMs: atMs[row], clicks: version });
      }
      const now = open.get(user);
      now.shown += 1;
      now.lastMs = atMs[row];
      if (clicks[row]) now.clicks += 1;
    }
    return { size, requests, rate: hits / requests };
  });
}

async function streamOf(path) {
  const instance = await DuckDBInstance.create();
  const connection = await instance.connect();
  const quoted = (name) => `"${name.replaceAll('"', '""')}"`;
  const { user, at, click, unit } = flags;
  const reader = await connection.runAndReadAll(
    `SELECT CAST(${quoted(user)} AS VARCHAR), CAST(${quoted(at)} AS DOUBLE) * ${unit === 's' ? 1000 : 1}, CAST(${quoted(click)} AS INTEGER)
     FROM '${resolve(path).replaceAll("'", "''")}' ORDER BY 2`,
  );
  const rows = reader.getRows();
  return {
    users: rows.map(([id]) => id),
    atMs: rows.map(([, ms]) => ms),
    clicks: rows.map(([, , clicked]) => clicked === 1),
  };
}

const io = { onProgress: () => {}, warn: () => {}, signal: new AbortController().signal, ask: undefined };

/** What a hit would save of the request that is answered now: encoding its fields, and the session of the graph that reads them. */
const saved = { encodeMs: 0, sessionMs: 0 };
const { encode } = RequestBlock.prototype;
RequestBlock.prototype.encode = function timed(...args) {
  const begun = clock.monotonicMs();
  const block = encode.apply(this, args);
  saved.encodeMs += clock.monotonicMs() - begun;
  return block;
};
const { runAll } = ComputeClient.prototype;
ComputeClient.prototype.runAll = async function timed(runs) {
  const replies = await runAll.call(this, runs);
  saved.sessionMs += replies[0].computeMs;
  return replies;
};

/** Processor milliseconds of whole requests, and of requests to score one given item: all that is the request's, and one candidate. */
async function costs() {
  const storeDir = mkdtempSync(join(tmpdir(), 'caches-'));
  const service = await openOnlineService({
    projectDir: resolve(flags.project),
    artefact: flags.artefact,
    composition: {
      schemaVersion: 1,
      recall: [{ channel: 'popular', quota: 0 }],
      candidates: Number(flags.candidates),
      rank: true,
      rerank: [],
    },
    storeDir: join(storeDir, 'store'),
    io,
  });
  try {
    const rng = new Rng(['caches']);
    const first = await service.recommend([
      { user: 'x', limit: 200, context: {}, exclude: [], explain: false },
    ]);
    const items = first[0].items.map(({ item }) => item);
    const users = Array.from({ length: REQUESTS }, (_, n) => `reader-${n}`);
    const events = users.flatMap((user) =>
      Array.from({ length: HISTORY }, (_, n) => ({
        id: `${user}-${n}`,
        atMs: 1,
        user,
        item: items[rng.integer(items.length)],
        kind: 'click',
      })),
    );
    await service.append(events);
    const kinds = {
      whole: (user) => service.recommend([{ user, limit: 20, context: {}, exclude: [], explain: false }]),
      part: (user) => service.rank({ user, items: [items[0]], context: {} }),
    };
    const turn = async (ask) => {
      const before = process.cpuUsage();
      for (const user of users) await ask(user);
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000 / users.length;
    };
    for (let warm = 0; warm < 3; warm += 1) for (const ask of Object.values(kinds)) await turn(ask);
    const times = { whole: [], part: [] };
    for (let round = 0; round < Number(flags.rounds); round += 1)
      for (const name of rng.shuffle(Object.keys(kinds))) times[name].push(await turn(kinds[name]));
    const parts = [];
    for (const user of [...users, ...users, ...users]) {
      Object.assign(saved, { encodeMs: 0, sessionMs: 0 });
      await kinds.whole(user);
      parts.push({ ...saved });
    }
    const of = (part) => median(parts.map(part));
    const { recall_ms, rank_ms, rerank_ms } = service.gauges();
    return {
      wholeMs: median(times.whole),
      partMs: median(times.part),
      atMost: median(times.part.map((ms, round) => ms / times.whole[round])),
      encodeMs: of(({ encodeMs }) => encodeMs),
      sessionMs: of(({ sessionMs }) => sessionMs),
      // The clock over the processor's time: too much rather than too little.
      share: of(({ encodeMs, sessionMs }) => encodeMs + sessionMs) / median(times.whole),
      recallShare: recall_ms / (recall_ms + rank_ms + rerank_ms),
    };
  } finally {
    await service.close();
    rmSync(storeDir, { recursive: true, force: true });
  }
}

const cost = await costs();
const rates = hitRates(await streamOf(flags.log)).map((one) => ({ ...one, saved: one.rate * cost.share }));
if (flags.json) console.log(JSON.stringify({ ...cost, rates }));
else {
  const percent = (share) => `${(100 * share).toFixed(1)} %`;
  console.log(
    `A request: ${cost.wholeMs.toFixed(2)} ms of processor; its own part with one candidate: ${cost.partMs.toFixed(2)} ms, ${percent(cost.atMost)}`,
  );
  console.log(
    `What a hit saves: ${cost.encodeMs.toFixed(3)} ms of encoding and ${cost.sessionMs.toFixed(3)} ms in the session of the request: ${percent(cost.share)} at most`,
  );
  console.log(`Recall is ${percent(cost.recallShare)} of the time that requests wait.`);
  for (const { size, requests, rate, saved } of rates)
    console.log(
      `${size} users kept: ${percent(rate)} of ${requests} requests hit, ${percent(saved)} saved at most`,
    );
}
