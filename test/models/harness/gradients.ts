import { buildTrainingStep, type TrainingStepGraph } from '../../../src/graph/index.js';
import type { Built } from './build.js';
import { flatten, openSession, runSession, scalar, type Feeds } from './run.js';

const embeddingNodes = (built: Built) =>
  [...built.graph.inputs.values()].filter(({ role }) => role === 'embedding-rows').map(({ node }) => node);

/** One plain gradient step of the model, as the trainer would build it. */
export const stepOf = (built: Built, kind: 'sgd' | 'adam' = 'sgd'): TrainingStepGraph =>
  buildTrainingStep(built.graph, {
    loss: built.loss!,
    embeddingInputs: embeddingNodes(built),
    optimizer: { kind },
  });

const controls = (learningRate: number, step: number): Feeds => ({
  learning_rate: scalar(learningRate),
  step: scalar(step),
  loss_scale: scalar(1),
});

const stateFeeds = (step: TrainingStepGraph): Feeds =>
  Object.fromEntries(
    step.states.map(({ input, shape, initial }) => [
      input,
      { data: new Float32Array(shape.reduce((product, dim) => product * dim, 1)).fill(initial), dims: shape },
    ]),
  );

/** Names of the parameters and embedding inputs whose gradient is zero everywhere on this batch. */
export async function withoutGradient(built: Built, feeds: Feeds, parameters: Feeds): Promise<string[]> {
  const step = stepOf(built);
  const before = flatten(built.graph, parameters);
  const session = await openSession(step.toOnnx());
  const all = { ...feeds, ...controls(1, 1), ...stateFeeds(step), parameters: before };
  const results = await runSession(session, all);
  await session.release();
  const after = results.parameters_out?.data;
  const dead = step.layout.parameters.filter(({ offset, size }) => {
    for (let i = offset; i < offset + size; i += 1) if (after[i] !== before.data[i]) return false;
    return true;
  });
  const deadRows = step.embeddings.filter(({ output }) => results[output].data.every((value) => value === 0));
  return [...dead.map(({ name }) => name), ...deadRows.map(({ input }) => input)];
}

/**
 * Trains on one batch with Adam, the embedding rows included, and returns the losses. Every sample has rows of its own, so
 * this asks whether the parts are wired to the loss, not whether the model generalises.
 */
export async function overfit(
  built: Built,
  feeds: Feeds,
  steps: number,
  learningRate: number,
): Promise<number[]> {
  const step = stepOf(built, 'adam');
  const session = await openSession(step.toOnnx());
  const flat = step.initialParameters();
  let current: Record<string, Feeds[string]> = { ...feeds, ...stateFeeds(step) };
  if (flat.length > 0) current.parameters = { data: flat, dims: [flat.length] };
  for (const { input } of step.optimizerStates)
    current[input] = { data: new Float32Array(flat.length), dims: [flat.length] };
  const losses: number[] = [];
  for (let t = 1; t <= steps; t += 1) {
    const results = await runSession(session, { ...current, ...controls(learningRate, t) });
    losses.push(results.loss.data[0]);
    if (results.parameters_out !== undefined) current.parameters = results.parameters_out;
    for (const { input, output } of [...step.optimizerStates, ...step.states])
      current[input] = results[output];
    for (const { input, output } of step.embeddings) {
      const rows = current[input].data as Float32Array;
      const gradient = results[output].data;
      // The loss is a mean over samples: each sample's own rows need its own scale back.
      const rate = learningRate * current[input].dims[0];
      current[input] = {
        data: rows.map((value, i) => value - rate * gradient[i]),
        dims: current[input].dims,
      };
    }
  }
  await session.release();
  return losses;
}
