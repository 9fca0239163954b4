// The space of a table: the engine's own candidate space, limited to what trains in about a second.
import { candidateSpace } from '../../dist/agents/trial/candidate-space.js';
import { Rng } from '../../dist/platform/index.js';
import { hashAssignment, sample } from '../../dist/space/index.js';
import { cheapValues, configurations, drawSeed, families } from './plan.mjs';

function limited(name, parameter) {
  const values = cheapValues[name.split('.').at(-1)];
  if (values === undefined || parameter.values === undefined) return parameter;
  const initial = values.includes(parameter.default) ? parameter.default : values.at(-1);
  return { ...parameter, values, default: initial };
}

/**
 * Fields are switched in bundles: thirty switches of their own would drown the rest. A log with one bundle has none, since
 * nothing would be left to read.
 */
export function tableSpace(dataset) {
  const space = candidateSpace(dataset, { models: families, maxFieldSwitches: 0 });
  const bundles = Object.keys(space).filter((name) => name.startsWith('bundle.'));
  return Object.fromEntries(
    Object.entries(space)
      .filter(([name]) => bundles.length > 1 || !bundles.includes(name))
      .map(([name, parameter]) => [name, limited(name, parameter)]),
  );
}

/** The configurations of a table: distinct random draws, the same in every process. */
export function tableConfigurations(space, datasetId) {
  const rng = new Rng([drawSeed, datasetId]);
  const drawn = new Map();
  while (drawn.size < configurations) {
    const assignment = sample(space, rng);
    drawn.set(hashAssignment(space, assignment), assignment);
  }
  return [...drawn.values()];
}
