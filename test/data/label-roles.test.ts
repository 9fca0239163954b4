import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { profile } from '../../src/data/index.js';
import { checkLabelRoles } from '../../src/data/label-roles.js';
import type { ProjectConfig } from '../../src/schema/index.js';
import { faultOf, impressions, infer, prepare } from './fixtures.js';
import { encoded, eventColumns, eventRows, handConfig, handmade, type HandColumn } from './handmade.js';

const rows = eventRows(40, (i) => ({ stars: 1 + (i % 5), like: i % 2, place: i % 3 }));
const input = encoded('context', { kind: 'categorical' });

function made(columns: Record<string, HandColumn>, change: Partial<ProjectConfig> = {}): ProjectConfig {
  return handConfig({ log: { rows, columns: { ...eventColumns, ...columns } } }, change);
}

describe('columns that the label is made of', () => {
  it.each<[string, ProjectConfig, string]>([
    ['the label', made({ label: input }), 'label'],
    ['a label that is said to be of the user', made({ label: 'user_feature' }), 'label'],
    [
      'the column of a rule',
      made({ stars: input }, { label: { column: 'label', positive: 'stars>=4' } }),
      'stars',
    ],
    ['a further label', made({ like: input }, { extraLabels: ['like'] }), 'like'],
  ])('are no inputs: %s', (_, config, column) => {
    expect(() => checkLabelRoles(config)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', details: expect.objectContaining({ column }) }),
    );
  });

  it('may have any role that is no input, and so may all other columns', () => {
    const config = made(
      { label: encoded('context', { kind: 'skip' }), stars: 'rating', like: 'signal', place: input },
      { extraLabels: ['like'], label: { column: 'label', positive: 'stars>=4' } },
    );
    expect(() => checkLabelRoles(config)).not.toThrow();
  });

  it('stop profile and encoding before test labels lie outside the seal', async () => {
    const { dir, config } = handmade({ log: { rows, columns: { ...eventColumns, label: input } } });
    expect((await faultOf(prepare(dir, config))).code).toBe('CONFIG_INVALID');
    expect(existsSync(join(dir, 'cache'))).toBe(false);
    expect((await faultOf(profile({ projectDir: dir, config }))).code).toBe('CONFIG_INVALID');
  });

  it('keep the role label at init when dataset.json calls the wanted label an input', async () => {
    const said = JSON.stringify({ tables: { 'log.csv': { columns: { label: { role: 'context' } } } } });
    const found = await infer(
      { 'log.csv': impressions(100), 'dataset.json': said },
      { label: 'label', task: 'ctr' },
    );
    expect(found.config.columns['log.label']).toMatchObject({ role: 'label' });
    expect(found.config.columns['log.label'].encoding).toBeUndefined();
  });

  it('leave a rating a rating where nothing is made of it', async () => {
    const ratings = impressions(100).map(({ label: _label, ...row }, i) => ({ ...row, rating: 1 + (i % 5) }));
    const { config } = await infer({ 'log.csv': ratings }, { task: 'next-item', split: 'leave-one-out' });
    expect(config.columns['log.rating'].role).toBe('rating');
  });
});
