import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ExperimentRecord } from '../../src/schema/index.js';

describe('docs/experiments.md', () => {
  it('shows a record that can be started', () => {
    const text = readFileSync('docs/experiments.md', 'utf8');
    const shown = [...text.matchAll(/```json\n([^`]+)```/g)].map(([, block]) => JSON.parse(block) as unknown);
    expect(shown).toHaveLength(1);
    expect(() => ExperimentRecord.parse(shown[0])).not.toThrow();
  });
});
