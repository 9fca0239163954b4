import { sha256 } from '../../platform/index.js';
import { ExperimentRecord, type PlanFigures } from '../../schema/index.js';
import { describePlan } from './choose-plan.js';

/** Loss of what users do that a cheaper plan may cost, as a share. A person may write another one into the record. */
const usualMargin = 0.02;

/**
 * An experiment that brings a plan to users step by step: nothing has to be better, since what it saves is processor time, and what they do
 * must be shown not to fall. Its control is what the project serves now.
 * @param behaviour kind of the events that people are to go on making
 * @param artefact hash: with the plan it makes the id, so that one plan of one model is tried once
 */
export function resourcesExperiment(
  { reference, chosen }: { readonly reference: PlanFigures; readonly chosen: PlanFigures },
  behaviour: string,
  artefact: string,
): ExperimentRecord {
  const { modelThreads: threads, modelInstances: instances, ...rest } = chosen.plan;
  const cost = ({ costPerThousand }: PlanFigures): string =>
    Number(costPerThousand.toPrecision(3)).toString();
  return ExperimentRecord.parse({
    id: `resources-${sha256(JSON.stringify([artefact, chosen.plan])).slice(0, 8)}`,
    hypothesis: `${describePlan(chosen.plan)}: a thousand requests cost ${cost(chosen)} instead of ${cost(reference)} as trained, and users do as much`,
    aim: 'non-inferiority',
    // An arm of any of these is served by a version of its own, and a request has one.
    holds: { parameters: ['model', 'pipeline', 'resources'] },
    treatments: [{ name: 'planned', change: { kind: 'resources', threads, instances, ...rest } }],
    metrics: [{ name: behaviour, role: 'guardrail', margin: usualMargin, cuped: true }],
  });
}
