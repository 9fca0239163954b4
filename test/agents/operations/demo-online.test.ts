import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { operations } from '../../../src/agents/index.js';
import { DemoOnlineResult } from '../../../src/schema/index.js';
import { listeningIo, removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
afterAll(() => removeFolder(folder));

describe('demoOnline', () => {
  it('plays both experiments on served pipelines, and tells the truth of each', async () => {
    const dir = join(folder, 'online');
    mkdirSync(dir);
    const result = await operations.demoOnline(
      { dir, seed: 3, users: 400, items: 120, logDays: 2, testDays: 1 },
      listeningIo().io,
    );
    expect(DemoOnlineResult.parse(JSON.parse(JSON.stringify(result)))).toEqual(result);
    expect(result.log.impressions).toBeGreaterThan(1000);
    const [ranking, freshness] = result.experiments;
    for (const { looks, units, treatedUnits, metrics } of [ranking, freshness]) {
      expect(looks.length).toBeGreaterThan(0);
      expect(treatedUnits).toBeGreaterThan(10);
      expect(units).toBeGreaterThan(treatedUnits);
      expect(metrics.map(({ name }) => name)).toEqual(['clicks', 'likes', 'sessions', 'seconds watched']);
      expect(metrics.every(({ truthError }) => truthError > 0)).toBe(true);
    }
    // Whatever so few people can show: what is true of ranking against what is newest does not depend on them.
    expect(ranking.metrics[0].truth).toBeGreaterThan(0);
    expect(freshness.metrics[0].truth).toBeLessThan(0);
    expect(result.answerMs).toBeGreaterThan(0);
  }, 120_000);
});
