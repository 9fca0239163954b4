import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WorldResult } from '../../src/schema/index.js';
import { writeWorld } from '../../src/world/index.js';
import { eventTable, itemTable, userTable } from '../../src/world/write-world.js';
import { mean, smallWorld } from './tiny-world.js';

const log = smallWorld({ seed: 1, itemLeak: true });

describe('writeWorld', () => {
  const folder = mkdtempSync(join(tmpdir(), 'automodel-world-'));
  let result: WorldResult;
  const query = async (sql: string): Promise<readonly unknown[][]> => {
    const connection = await (await DuckDBInstance.create(':memory:')).connect();
    const rows = (await connection.runAndReadAll(sql)).getRows();
    connection.closeSync();
    return rows as unknown[][];
  };

  beforeAll(async () => {
    result = await writeWorld(log, join(folder, 'new'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('answers in the words of the schema', () => {
    expect(WorldResult.parse(result)).toEqual(result);
    expect(result.rows).toBe(log.events.rows);
    expect(result.planted).toContainEqual({ column: 'engagement_score', kind: 'leak' });
    expect(result.files.map(({ rows }) => rows)).toEqual([log.events.rows, 300, 200]);
  });

  it('writes what was logged', async () => {
    const [[rows, clicks, first, bytes]] = await query(
      `select count(*)::int, sum(click)::int, min(timestamp)::int, count(distinct request_id)::int from '${join(folder, 'new', 'events.parquet')}'`,
    );
    expect(rows).toBe(log.events.rows);
    expect(clicks).toBe(log.events.click.reduce((a, b) => a + b, 0));
    expect(first).toBe(log.events.second[0]);
    expect(bytes).toBe(new Set(log.events.requestId).size);
  });

  it('joins users and items to every event, once', async () => {
    const [[rows]] = await query(
      `select count(*)::int from '${join(folder, 'new', 'events.parquet')}' join '${join(folder, 'new', 'users.parquet')}' using (user_id) join '${join(folder, 'new', 'items.parquet')}' using (item_id)`,
    );
    expect(rows).toBe(log.events.rows);
  });

  it('keeps the truth in world.json', () => {
    const truth: unknown = JSON.parse(readFileSync(join(folder, 'new', 'world.json'), 'utf8'));
    expect(truth).toMatchObject({
      settings: { seed: 1 },
      planted: { leaking: ['engagement_score', 'period_score'] },
    });
  });
});

describe('the tables', () => {
  it('carry nothing hidden', () => {
    const names = [eventTable(log), userTable(log), itemTable(log)].flat().map(({ name }) => name);
    for (const hidden of [
      'click_probability',
      'satisfaction',
      'quality',
      'clickbait',
      'is_bot',
      'topic',
      'interest',
    ]) {
      expect(names).not.toContain(hidden);
    }
  });

  it('name every planted column', () => {
    const names = new Set([eventTable(log), userTable(log), itemTable(log)].flat().map(({ name }) => name));
    const { useful, useless, signals, leaking } = log.planted;
    for (const column of [...useful, ...useless, ...signals, ...leaking]) expect(names).toContain(column);
  });

  it('list the candidates of each request, the shown item among them, once per request', () => {
    const candidates = eventTable(log).find(({ name }) => name === 'candidates')?.values ?? [];
    const ofRequest = new Map<number, string>();
    log.events.item.forEach((item, row) => {
      const text = String(candidates[row]);
      const ids = text.split('|').map(Number);
      expect(ids).toContain(item + 1);
      expect(new Set(ids).size).toBe(log.settings.candidates);
      expect(ids.every((id) => id >= 1 && id <= log.settings.items)).toBe(true);
      expect(ofRequest.get(log.events.requestId[row]) ?? text).toBe(text);
      ofRequest.set(log.events.requestId[row], text);
    });
    expect(new Set(ofRequest.values()).size).toBe(ofRequest.size);
  });

  it('have columns of equal length', () => {
    for (const table of [eventTable(log), userTable(log), itemTable(log)]) {
      expect(new Set(table.map(({ values }) => values.length)).size).toBe(1);
    }
  });

  it('tell the truth about topics mostly, not always', () => {
    const { users, items } = log.world;
    const honest = mean(Array.from(items.category, (category, i) => (category === items.topic[i] ? 1 : 0)));
    expect(honest).toBeGreaterThan(0.85);
    expect(honest).toBeLessThan(1);
    const declared = mean(
      Array.from(users.declaredTopic, (topic, u) => (topic === users.interestTopic[3 * u] ? 1 : 0)),
    );
    expect(declared).toBeGreaterThan(0.85);
    expect(declared).toBeLessThan(1);
  });

  it('leak the whole period only when asked', () => {
    expect(itemTable(log).map(({ name }) => name)).toContain('period_score');
    expect(itemTable(smallWorld({ days: 1 })).map(({ name }) => name)).not.toContain('period_score');
  });

  it('date items before or on the day of their first impression', () => {
    const dates = itemTable(log).find(({ name }) => name === 'upload_date')?.values ?? [];
    expect(dates[0]).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    const firstOfItem = new Map<number, number>();
    log.events.item.forEach((item, row) => {
      if (!firstOfItem.has(item)) firstOfItem.set(item, log.events.second[row]);
    });
    for (const [item, second] of firstOfItem) {
      expect(Date.parse(String(dates[item])) / 1000).toBeLessThanOrEqual(second);
    }
  });
});
