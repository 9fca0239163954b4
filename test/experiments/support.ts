import { ExperimentRecord, type ExperimentRecordInput } from '../../src/schema/index.js';

/** A record with one treatment and one guardrail; the rest as given. */
export function recordOf(members: Partial<ExperimentRecordInput> = {}): ExperimentRecord {
  return ExperimentRecord.parse({
    id: 'faster',
    hypothesis: 'a faster model loses nothing',
    holds: { parameters: ['model'] },
    treatments: [{ name: 'new', change: { kind: 'version', version: 'v2' } }],
    metrics: [{ name: 'value', role: 'guardrail', margin: 0.02 }],
    ...members,
  });
}
