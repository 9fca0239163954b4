import { describe, expect, it } from 'vitest';
import { versionName } from '../../../src/agents/serving/served-version.js';
import { parseComposition } from '../../../src/pipeline/index.js';

const composition = parseComposition({
  schemaVersion: 1,
  recall: [{ channel: 'popular', quota: 10 }],
  candidates: 10,
});
const usual = {
  threads: 1,
  instances: 1,
  optimisation: 'all',
  precision: 'float32',
  tables: 'float32',
} as const;
const named = (other: Partial<typeof usual> | object = {}): string =>
  versionName(composition, undefined, { ...usual, ...other });

describe('the name of a version', () => {
  it('tells resources apart', () => {
    const names = [
      {},
      { threads: 2 },
      { instances: 2 },
      { precision: 'int8' },
      { tables: 'float16' },
      { optimisation: 'basic' },
    ].map((other) => named(other));
    expect(new Set(names).size).toBe(names.length);
    expect(named({ threads: 1, instances: 12 })).not.toBe(named({ threads: 11, instances: 2 }));
  });

  it('is what it was before there could be several instances, since experiments name versions', () => {
    expect(named()).toBe('63327860130d');
  });
});
