import { InferenceSession, Tensor } from 'onnxruntime-node';
import { lower, type TrainingStepGraph } from '../../../src/graph/index.js';

/**
 * Trains a step whose tables are dense parameters of the graph, by the graph's own Adagrad: a row with no gradient stays as
 * it is, so that it is the twin of sparse Adagrad. Parameters that `initial` does not name start at zero.
 */
export async function trainDense(
  step: TrainingStepGraph,
  initial: Readonly<Record<string, Float32Array>>,
  batches: readonly Readonly<Record<string, Tensor>>[],
  rate: number,
): Promise<(name: string) => Float32Array> {
  const { parameters: slots, flatSize } = step.layout;
  const slotOf = (name: string) => slots.find((slot) => slot.name === name)!;
  let parameters: Float32Array = new Float32Array(flatSize);
  let accumulator: Float32Array = new Float32Array(flatSize);
  for (const [name, weights] of Object.entries(initial)) parameters.set(weights, slotOf(name).offset);
  const session = await InferenceSession.create(lower(step.graph), { intraOpNumThreads: 1 });
  const scalar = (value: number) => new Tensor('float32', Float32Array.of(value), []);
  for (const [i, batch] of batches.entries()) {
    const feeds: Record<string, Tensor> = {
      ...batch,
      parameters: new Tensor('float32', parameters, [flatSize]),
      accumulator: new Tensor('float32', accumulator, [flatSize]),
      learning_rate: scalar(rate),
      loss_scale: scalar(1),
      step: scalar(i + 1),
    };
    const results = await session.run(
      Object.fromEntries(session.inputNames.map((name) => [name, feeds[name]])),
    );
    parameters = results['parameters_out'].data as Float32Array;
    accumulator = results['accumulator_out'].data as Float32Array;
  }
  await session.release();
  return (name) => {
    const { offset, size } = slotOf(name);
    return parameters.subarray(offset, offset + size);
  };
}
