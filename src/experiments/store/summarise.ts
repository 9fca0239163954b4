import type { ExperimentState, ExperimentSummary } from '../../schema/index.js';
import { plannedArms } from '../assignment/assign-unit.js';

/** What a person asks of an experiment first: where it stands, who gets what, and what the last look said. */
export function summarise({
  record,
  status,
  step,
  epochs,
  looks,
  ended,
}: ExperimentState): ExperimentSummary {
  const share = status === 'running' ? epochs[epochs.length - 1].share : 0;
  const lastLook = looks.length === 0 ? null : looks[looks.length - 1];
  const unitsOf = new Map(lastLook?.arms.map(({ variant, units }) => [variant, units]));
  return {
    id: record.id,
    hypothesis: record.hypothesis,
    status,
    outcome: ended?.outcome ?? null,
    reason: ended?.reason ?? null,
    layer: record.layer,
    surfaces: record.holds.surfaces,
    parameters: record.holds.parameters,
    share,
    step,
    steps: record.ramp.steps.length,
    arms: plannedArms(record, share).map(({ variant, weight }) => ({
      variant,
      share: weight,
      units: unitsOf.get(variant) ?? null,
    })),
    epochs: [...epochs],
    looks: looks.length,
    lastLook,
    plannedUnits: record.plannedUnits,
  };
}
