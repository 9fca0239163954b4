import { describe, expect, it } from 'vitest';
import { resourcesExperiment } from '../../../src/agents/autoperf/resources-experiment.js';
import { ExperimentRecord } from '../../../src/schema/index.js';
import { planServingResult } from '../../cli/example-results.js';

const record = resourcesExperiment(planServingResult, 'click', '3f2a');

describe('the experiment of a serving plan', () => {
  it('changes resources alone, and is kept when nothing is lost', () => {
    expect(record).toMatchObject({
      aim: 'non-inferiority',
      holds: { surfaces: ['recommend'], parameters: ['model', 'pipeline', 'resources'] },
      control: { change: { kind: 'none' } },
      treatments: [
        {
          name: 'planned',
          change: {
            kind: 'resources',
            precision: 'int8',
            tables: 'float16',
            threads: 1,
            instances: 2,
            optimisation: 'all',
            candidates: 500,
          },
        },
      ],
      metrics: [{ name: 'click', role: 'guardrail', margin: 0.02, cuped: true }],
    });
    expect(ExperimentRecord.parse(JSON.parse(JSON.stringify(record)))).toEqual(record);
  });

  it('says what the plan costs and what is done now costs', () => {
    expect(record.hypothesis).toBe(
      'int8, tables in float16, 2 instances of 1 thread, 500 candidates: a thousand requests cost 0.0000281 instead of 0.0000512 as trained, and users do as much',
    );
  });

  it('has one name for one plan of one model', () => {
    const { chosen } = planServingResult;
    const other = { ...chosen, plan: { ...chosen.plan, candidates: 250 } };
    expect(resourcesExperiment(planServingResult, 'like', '3f2a').id).toBe(record.id);
    expect(resourcesExperiment(planServingResult, 'click', '9c00').id).not.toBe(record.id);
    expect(resourcesExperiment({ ...planServingResult, chosen: other }, 'click', '3f2a').id).not.toBe(
      record.id,
    );
  });
});
