import { describe, expect, it } from 'vitest';
import { faultOf, impressions, infer, type Rows } from './fixtures.js';

type Row = Record<string, string | number | null>;

const rows = 1500;

/**
 * A log with what a serving system notes beside each impression, and innocent twins of it. The label goes by the row modulo 4,
 * so innocent columns go by other moduli.
 */
function served(change: (row: Row, index: number) => void = () => {}): Rows {
  return impressions(rows, (row, i) => {
    row['request_id'] = Math.floor(i / 6);
    row['page_token'] = `p${((Math.floor(i / 4) * 7919) % 100_003).toString(36)}`;
    row['device_hash'] = `d${(i * 31) % 307}`;
    row['hour'] = Math.floor(i / 60) % 24;
    row['tab'] = (i * 3) % 5;
    row['propensity'] = 0.05 + ((i * 37) % 89) / 100;
    row['rain_probability'] = ((i * 53) % 101) / 101;
    row['purchase_propensity'] = ((i * 59) % 103) / 103;
    row['policy_id'] = 1 + (i % 2);
    row['insurance_policy'] = i % 2;
    row['candidates'] = `i${i % 17}|i${(i + 5) % 17}`;
    row['ingredients'] = `herb${i % 17}|herb${(i + 5) % 17}`;
    change(row, i);
  });
}

async function columnOf(log: Rows, name: string): Promise<{ role: string; reason: string; input: boolean }> {
  const { config } = await infer({ 'log.csv': log }, { task: 'ctr', split: 'time' });
  const column = config.columns[`log.${name}`];
  return { role: column.role, reason: column.reason, input: column.encoding !== undefined };
}

describe('columns of the logging itself', () => {
  it('sees ids of requests, propensities and policies, and leaves their innocent twins in', async () => {
    const { config } = await infer({ 'log.csv': served() }, { task: 'ctr', split: 'time' });
    const roles = Object.fromEntries(
      Object.entries(config.columns).map(([key, column]) => [key.replace('log.', ''), column.role]),
    );
    expect(roles).toMatchObject({
      request_id: 'meta',
      page_token: 'meta',
      propensity: 'meta',
      policy_id: 'meta',
      candidates: 'meta',
      device_hash: 'context',
      hour: 'context',
      tab: 'context',
      rain_probability: 'context',
      purchase_propensity: 'context',
      insurance_policy: 'context',
      ingredients: 'context',
      price: 'context',
    });
    expect(config.columns['log.request_id'].reason).toMatch(/6\.0 rows each; 0\.0 %/);
    expect(config.columns['log.propensity'].reason).toMatch(/logging policy/);
    for (const name of ['request_id', 'page_token', 'propensity', 'policy_id', 'candidates'])
      expect(config.columns[`log.${name}`].encoding).toBeUndefined();
  });

  it('goes by time, not by the order of the file', async () => {
    const shuffled = served()
      .map((row, i) => ({ row, at: (i * 733) % rows }))
      .sort((a, b) => a.at - b.at)
      .map(({ row }) => row);
    expect(await columnOf(shuffled, 'request_id')).toMatchObject({ role: 'meta', input: false });
    expect(await columnOf(shuffled, 'device_hash')).toMatchObject({ role: 'context', input: true });
  });

  it('reads times of any kind for that', async () => {
    const iso = served((row) => {
      row['timestamp'] = new Date(Number(row['timestamp']) * 1000).toISOString();
    });
    const reversed = [...iso].reverse();
    expect((await columnOf(reversed, 'request_id')).role).toBe('meta');
    expect((await columnOf(reversed, 'device_hash')).role).toBe('context');
  });

  it('keeps an id whose values come back, however few rows each has', async () => {
    // 301 values of 5 rows each, spread over the whole log
    const log = served((row, i) => {
      row['campaign_id'] = (i * 7) % 301;
    });
    expect(await columnOf(log, 'campaign_id')).toMatchObject({ role: 'context', input: true });
  });

  it('keeps an id of many rows per value, and numbers that are measured', async () => {
    const log = served((row, i) => {
      row['slot_id'] = Math.floor(i / 100);
      row['queue_length'] = Math.floor(i / 6);
    });
    expect((await columnOf(log, 'slot_id')).role).toBe('context');
    // grows as a request id does, but names nothing: it may be a measure
    expect((await columnOf(log, 'queue_length')).role).toBe('context');
  });

  it('asks for the range of a chance beside its name', async () => {
    const log = served((row, i) => {
      row['propensity'] = 1 + (i % 41);
    });
    expect((await columnOf(log, 'propensity')).role).toBe('context');
    const logs = served((row, i) => {
      row['propensity'] = -0.1 * (1 + (i % 41));
    });
    expect((await columnOf(logs, 'propensity')).role).toBe('meta');
  });

  it('does not take a policy of many values for an arm', async () => {
    const log = served((row, i) => {
      row['policy_id'] = (i * 7) % 401;
    });
    expect((await columnOf(log, 'policy_id')).role).toBe('context');
  });

  it('lets dataset.json overrule it', async () => {
    const description = JSON.stringify({
      tables: {
        'log.csv': { columns: { request_id: { role: 'context' }, propensity: { role: 'context' } } },
      },
    });
    const { config } = await infer(
      { 'log.csv': served(), 'dataset.json': description },
      { task: 'ctr', split: 'time' },
    );
    expect(config.columns['log.request_id']).toMatchObject({ role: 'context', confidence: 1 });
    expect(config.columns['log.propensity']).toMatchObject({ role: 'context', confidence: 1 });
  });

  it('still names a copy of the label that is disguised as an id', async () => {
    const log = served((row, i) => {
      row['trace_key'] = `${row['label'] === 1 ? 'a' : 'b'}${Math.floor(i / 500)}`;
    });
    expect((await columnOf(log, 'trace_key')).role).toBe('leak');
  });

  it('survives hostile names, empty columns and a log of one moment', async () => {
    const log = served((row, i) => {
      row['x"; DROP TABLE log; --_id'] = Math.floor(i / 6);
      row['span_id'] = null;
      row['timestamp'] = 1_600_000_000;
    });
    const failed = await faultOf(infer({ 'log.csv': log }, { task: 'ctr', split: 'time' }));
    expect(failed.code).toBe('SPLIT_EMPTY');
    const { config } = await infer({ 'log.csv': log }, { task: 'ctr', split: 'random' });
    expect(config.columns['log.x"; DROP TABLE log; --_id'].role).toBe('context');
    expect(config.columns['log.span_id'].encoding).toEqual({ kind: 'skip' });
  });
});
