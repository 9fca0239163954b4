import { describe, expect, it } from 'vitest';
import { fitScope } from '../../src/agents/trial/fit-scope.js';
import type { EncodedDataset, Operations, TrialRequest } from '../../src/schema/index.js';
import { pairedDifference } from '../../src/stats/index.js';
import { runWith } from './fake-host.js';

const failing = (work: () => void): Partial<Operations> => ({
  profile: async () => {
    work();
    throw new Error('was not refused');
  },
});

/** Errors as the engine throws them, carried to the end of the command. */
describe('a refusal by a rule ends with 4', () => {
  it('a gain on the rows of one user', async () => {
    const run = { value: 0.7, perCluster: Float64Array.of(0), clusters: 1 };
    const { code, json } = await runWith(['profile', '--json'], {
      operations: failing(() => void pairedDifference([run], [run])),
    });
    expect(json()['error']).toMatchObject({ code: 'GAIN_UNRESOLVABLE' });
    expect(code).toBe(4);
  });

  it('a search trial that asks for the test rows', async () => {
    const request = { fit: { on: 'all', epochs: 1 } } as TrialRequest;
    const dataset = { task: 'next-item', offsets: Uint32Array.of(0) } as unknown as EncodedDataset;
    const { code, json } = await runWith(['profile', '--json'], {
      operations: failing(() => void fitScope(dataset, request)),
    });
    expect(json()['error']).toMatchObject({ code: 'TEST_SEALED' });
    expect(code).toBe(4);
  });

  it('and not any other fault', async () => {
    const { code } = await runWith(['profile'], { operations: failing(() => undefined) });
    expect(code).toBe(1);
  });
});
