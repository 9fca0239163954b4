import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeTable, type TableColumn } from '../data/index.js';
import { writeFileAtomic } from '../platform/index.js';
import type { WorldResult } from '../schema/index.js';
import { secondsPerDay } from './calendar.js';
import { ageBands, devices, regions, topicNames } from './vocabulary.js';
import type { WorldLog } from './world-log.js';

/**
 * Writes events.parquet, users.parquet, items.parquet and world.json (settings and planted columns: the truth) into a
 * folder, which is made when missing. Nothing hidden gets into a table. Ids are index + 1.
 */
export async function writeWorld(log: WorldLog, outDir: string): Promise<WorldResult> {
  mkdirSync(outDir, { recursive: true });
  const tables = [
    { path: join(outDir, 'events.parquet'), columns: eventTable(log) },
    { path: join(outDir, 'users.parquet'), columns: userTable(log) },
    { path: join(outDir, 'items.parquet'), columns: itemTable(log) },
  ];
  for (const { path, columns } of tables) await writeTable(path, columns);
  const clicks = log.events.click.reduce((sum, click) => sum + click, 0);
  const truth = {
    settings: log.settings,
    planted: log.planted,
    impressions: log.events.rows,
    clicks,
    lostEvents: log.lostEvents,
    policies: [{ policy_id: 1, name: 'popularity with exploration', exploration: log.settings.exploration }],
  };
  writeFileAtomic(join(outDir, 'world.json'), `${JSON.stringify(truth, null, 2)}\n`);
  return {
    out: outDir,
    seed: log.settings.seed,
    nullWorld: log.settings.null,
    files: tables.map(({ path, columns }) => ({ path, rows: columns[0].values.length })),
    rows: log.events.rows,
    planted: [
      ...log.planted.useful.map((column) => ({ column, kind: 'useful' as const })),
      ...log.planted.useless.map((column) => ({ column, kind: 'useless' as const })),
      ...log.planted.leaking.map((column) => ({ column, kind: 'leak' as const })),
    ],
  };
}

export function eventTable({ events, candidates }: WorldLog): readonly TableColumn[] {
  const offered = new Map(Array.from(candidates, ([id, items]) => [id, items.map((i) => i + 1).join('|')]));
  return [
    { name: 'request_id', values: events.requestId },
    { name: 'user_id', values: events.user.map((u) => u + 1) },
    { name: 'item_id', values: events.item.map((i) => i + 1) },
    { name: 'timestamp', values: events.second },
    { name: 'position', values: events.position },
    { name: 'hour', values: events.hour },
    { name: 'weekday', values: events.weekday },
    { name: 'on_wifi', values: events.onWifi },
    { name: 'shard', values: events.shard },
    { name: 'jitter', values: events.jitter },
    { name: 'engagement_score', values: events.engagementScore },
    { name: 'click', values: events.click },
    { name: 'dwell_ms', values: events.dwellMs },
    { name: 'liked', values: events.liked },
    { name: 'disliked', values: events.disliked },
    { name: 'policy_id', values: events.policyId },
    { name: 'model_version', values: events.modelVersion },
    { name: 'arm', values: events.arm },
    { name: 'propensity', values: events.propensity },
    { name: 'candidates', values: Array.from(events.requestId, (id) => offered.get(id) ?? '') },
  ];
}

export function userTable({ world: { users } }: WorldLog): readonly TableColumn[] {
  return [
    { name: 'user_id', values: oneTo(users.count) },
    { name: 'age_band', values: Array.from(users.ageBand, (code) => ageBands[code]) },
    { name: 'device', values: Array.from(users.device, (code) => devices[code]) },
    { name: 'region', values: Array.from(users.region, (code) => regions[code]) },
    { name: 'declared_topic', values: Array.from(users.declaredTopic, (code) => topicNames[code]) },
    { name: 'register_days', values: users.registerDays },
    { name: 'cohort_code', values: Int32Array.from(users.cohortCode) },
  ];
}

export function itemTable(log: WorldLog): readonly TableColumn[] {
  const { items } = log.world;
  const columns: TableColumn[] = [
    { name: 'item_id', values: oneTo(items.count) },
    { name: 'category', values: Array.from(items.category, (code) => topicNames[code]) },
    { name: 'creator_id', values: items.creator.map((creator) => creator + 1) },
    { name: 'duration_s', values: items.durationSeconds },
    { name: 'tags', values: items.tags },
    { name: 'title', values: items.title },
    {
      name: 'upload_date',
      values: Array.from(items.birthDay, (day) => dateOf(log.settings.startSecond + day * secondsPerDay)),
    },
    { name: 'batch_code', values: Int32Array.from(items.batchCode) },
  ];
  if (log.settings.itemLeak) columns.push({ name: 'period_score', values: periodScores(log) });
  return columns;
}

/** Click rate of each item over the whole log, the days that a model is tested on included. */
function periodScores({ events, world }: WorldLog): Float32Array {
  const shown = new Float64Array(world.items.count);
  const clicked = new Float64Array(world.items.count);
  for (let row = 0; row < events.rows; row += 1) {
    shown[events.item[row]] += 1;
    clicked[events.item[row]] += events.click[row];
  }
  return Float32Array.from(clicked, (clicks, item) => clicks / Math.max(1, shown[item]));
}

function oneTo(count: number): Int32Array {
  return Int32Array.from({ length: count }, (_, n) => n + 1);
}

const isoDate = new Intl.DateTimeFormat('sv-SE', { timeZone: 'UTC' });

function dateOf(second: number): string {
  return isoDate.format(second * 1000);
}
