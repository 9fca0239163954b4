import { afterAll, describe, expect, it } from 'vitest';
import { auditWorld } from '../../../scripts/audit-world.mjs';
import * as data from '../../../src/data/index.js';
import * as world from '../../../src/world/index.js';
import { removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
afterAll(() => removeFolder(folder));

describe('the audit of a simulated world', () => {
  it('finds what was planted and nothing else, when all that init refused is an input again', async () => {
    const shape = { seed: 3, users: 700, items: 300, days: 8 };
    const { found, planted } = await auditWorld({ ...data, ...world }, shape, folder);
    expect([...found.keys()].toSorted()).toEqual(planted.toSorted());
  });
});
