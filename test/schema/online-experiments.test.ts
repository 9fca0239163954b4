import { describe, expect, it } from 'vitest';
import { ExperimentRecord } from '../../src/schema/index.js';

const record = {
  id: 'faster',
  hypothesis: 'h',
  holds: { parameters: ['model'] },
  treatments: [{ name: 'new', change: { kind: 'parameters', values: { model: 'v2' } } }],
  metrics: [{ name: 'clicks', role: 'success' }],
};

describe('the record of an experiment', () => {
  it('is filled with what is usual', () => {
    const { ramp, control, layer, alpha, overrides } = ExperimentRecord.parse(record);
    expect(ramp.steps.map(({ share }) => share)).toEqual([0.01, 0.05, 0.1, 0.25, 0.5, 1]);
    expect([control.name, layer.name, alpha, overrides]).toEqual(['control', 'default', 0.05, {}]);
    expect(ExperimentRecord.parse(JSON.parse(JSON.stringify(ExperimentRecord.parse(record))))).toEqual(
      ExperimentRecord.parse(record),
    );
  });

  it.each([
    [{ id: '../x' }, 'letters'],
    [{ treatments: [{ name: 'control', change: { kind: 'none' } }] }, 'two arms'],
    [{ treatments: [{ name: 'new', change: { kind: 'parameters', values: { mmr: 1 } } }] }, 'not held'],
    [{ layer: { name: 'l', from: 5, to: 5 } }, 'ends before'],
    [{ ramp: { steps: [{ share: 0.1 }, { share: 0.1 }] } }, 'larger share'],
    [{ overrides: { tester: 'newer' } }, 'is no arm'],
    [{ metrics: [record.metrics[0], record.metrics[0]] }, 'twice'],
    [{ aim: 'non-inferiority' }, 'none is named'],
    [
      {
        aim: 'non-inferiority',
        metrics: [record.metrics[0], { name: 'likes', role: 'guardrail', margin: 0.02 }],
      },
      'out of place',
    ],
    [{ holds: { parameters: [] } }, ''],
    [{ holdout: 0.9 }, ''],
    [{ surprise: 1 }, ''],
  ])('refuses %j', (members, message) => {
    const parsed = ExperimentRecord.safeParse({ ...record, ...members });
    expect(parsed.success).toBe(false);
    expect(JSON.stringify(parsed.error?.issues)).toContain(message);
  });
});
