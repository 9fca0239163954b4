import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import {
  inferProject,
  openDataset,
  openSealed,
  prepareDataset,
  type InferOptions,
} from '../../src/data/index.js';
import type { EncodedDataset, ProjectConfig } from '../../src/schema/index.js';
import { newFolder } from './fixtures.js';

/** Optional development data beside the repository; the tests below skip where it is missing. */
const shared = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..', 'shared', 'data');

function files(name: string): string[] {
  const folder = join(shared, name);
  return readdirSync(folder)
    .filter((file) => file.endsWith('.parquet'))
    .map((file) => join(folder, file));
}

async function whole(
  name: string,
  options: Partial<InferOptions>,
): Promise<{ config: ProjectConfig; data: EncodedDataset; dir: string }> {
  const projectDir = newFolder();
  const { config } = await inferProject({ files: files(name), projectDir, useDatasetJson: true, ...options });
  const made = await prepareDataset({ projectDir, config, cacheDir: join(projectDir, 'cache') });
  return { config, data: openDataset(made.dir), dir: made.dir };
}

function roles(config: ProjectConfig, role: string): string[] {
  return Object.keys(config.columns).filter((key) => config.columns[key].role === role);
}

const fieldNames = (data: EncodedDataset): string[] =>
  data.task === 'next-item' ? [] : data.fields.map((field) => field.name);

describe.skipIf(!existsSync(shared))('the development data (../shared/data; skipped where missing)', () => {
  it('kuairand-pure by day, without dataset.json', async () => {
    const { config, data } = await whole('kuairand-pure', {
      task: 'ctr',
      split: 'column:date@20220505,20220507',
      useDatasetJson: false,
    });
    expect(data.contract.rows).toEqual({ train: 171_671, validation: 27_224, test: 29_434 });
    expect(roles(config, 'signal')).toEqual(
      expect.arrayContaining(
        [
          'is_like',
          'is_follow',
          'is_comment',
          'is_forward',
          'is_hate',
          'long_view',
          'play_time_ms',
          'profile_stay_time',
          'comment_stay_time',
          'is_profile_enter',
        ].map((name) => `interactions.${name}`),
      ),
    );
    expect(roles(config, 'leak').filter((key) => key.startsWith('item_stats.')).length).toBe(51);
    expect(config.tables['history']).toMatchObject({ kind: 'dated', asOf: 'history_last_time_ms' });
    const names = fieldNames(data);
    expect(names).toEqual(
      expect.arrayContaining([
        'user_id',
        'item_id',
        'tab',
        'tag',
        'author_id',
        'exposed_items',
        'long_viewed_items',
        'history',
      ]),
    );
    for (const name of ['is_click', 'label', 'date', 'play_time_ms', 'show_cnt', 'time_ms'])
      expect(names).not.toContain(name);
  });

  it('kuairand-pure as dataset.json tells it', async () => {
    const options = { task: 'ctr', split: 'column:date@20220505,20220507', useDatasetJson: true } as const;
    const { config } = await inferProject({
      files: files('kuairand-pure'),
      projectDir: newFolder(),
      ...options,
    });
    expect(config.columns['interactions.hourmin']).toMatchObject({ role: 'context', confidence: 1 });
    expect(roles(config, 'leak').length).toBe(51);
    expect(config.label).toEqual({ column: 'label' });
    expect(config.tables['history'].kind).toBe('dated');
  });

  it('criteo-80k in order, without dataset.json', async () => {
    const { data } = await whole('criteo-80k', { task: 'ctr', split: 'column:split', useDatasetJson: false });
    expect(data.contract.rows).toEqual({ train: 64_000, validation: 8_000, test: 8_000 });
    expect(data.contract.clusterBy).toBe('time-block');
    expect(fieldNames(data).sort()).toEqual(
      [
        ...Array.from({ length: 13 }, (_, i) => `I${i + 1}`),
        ...Array.from({ length: 26 }, (_, i) => `C${i + 1}`),
      ].sort(),
    );
  });

  it('ml-100k as clicks and as sequences', async () => {
    const clicks = await whole('ml-100k', {
      task: 'ctr',
      split: 'time',
      positive: 'rating>=4',
      useDatasetJson: false,
    });
    expect(fieldNames(clicks.data)).toEqual(
      expect.arrayContaining(['user_id', 'item_id', 'genres', 'occupation', 'hour', 'weekday', 'history']),
    );
    expect(fieldNames(clicks.data)).not.toContain('rating');
    const { data } = await whole('ml-100k', { task: 'next-item', split: 'leave-one-out' });
    if (data.task !== 'next-item') throw new Error('expected next-item');
    expect([data.userCount, data.events.length, data.validation.count, data.test.count]).toEqual([
      943, 99_057, 943, 943,
    ]);
  });

  it('ml-1m by its exact order leaves out the rows without one', async () => {
    const { data } = await whole('ml-1m', { task: 'next-item', split: 'leave-one-out:order=seq_pos' });
    if (data.task !== 'next-item') throw new Error('expected next-item');
    // 6,040 users, 3,416 items and 999,611 events, as the published tables have them
    const { train, validation, test } = data.contract.rows;
    expect([data.userCount, data.itemCount - 2, train + validation + test]).toEqual([6040, 3416, 999_611]);
  });

  it.each(['seq_pos', 'seq_pos_shuf'])('amazon-beauty by %s', async (order) => {
    const { data, dir } = await whole('amazon-beauty', {
      task: 'next-item',
      split: `leave-one-out:order=${order}`,
    });
    if (data.task !== 'next-item') throw new Error('expected next-item');
    expect([data.userCount, data.test.count, data.events.length]).toEqual([22_363, 22_363, 198_502 - 22_363]);
    expect(openSealed(dir).targets?.length).toBe(22_363);
  });
});
