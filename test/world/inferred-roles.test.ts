import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { inferProject } from '../../src/data/index.js';
import { writeWorld } from '../../src/world/index.js';
import { smallWorld } from './tiny-world.js';

const folder = mkdtempSync(join(tmpdir(), 'automodel-roles-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('roles that are inferred of a world’s log', () => {
  it('keep what the logging noted out of the inputs, and what the world planted as useful in', async () => {
    const log = smallWorld({ seed: 2 });
    const written = await writeWorld(log, folder);
    const { config } = await inferProject({
      files: written.files.map(({ path }) => path),
      projectDir: folder,
      task: 'ctr',
      split: 'time',
      useDatasetJson: false,
    });
    for (const name of ['request_id', 'policy_id', 'model_version', 'arm', 'propensity', 'candidates']) {
      const column = config.columns[`events.${name}`];
      expect([name, column.role, column.encoding]).toEqual([name, 'meta', undefined]);
      expect(column.reason).not.toBe('');
    }
    expect(config.columns['events.candidates'].reason).toMatch(/could be shown/);
    const roles = new Map(
      Object.entries(config.columns).map(([key, { role }]) => [key.slice(key.indexOf('.') + 1), role]),
    );
    const kept = [...log.planted.useful, ...log.planted.useless].filter(
      (name) => !['title', 'upload_date'].includes(name),
    );
    for (const name of kept) expect([name, roles.get(name)]).not.toEqual([name, 'meta']);
    expect(kept.length).toBeGreaterThan(10);
    expect(roles.get('engagement_score')).toBe('leak');
  });
});
