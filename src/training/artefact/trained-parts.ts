import { lower, type ParameterLayout } from '../../graph/index.js';
import type { ComputeClient } from '../compute/compute-client.js';
import { constantsOf, liveNames, type DenseModel, type InferenceGraph } from '../compute/dense-model.js';
import type { TrainingEngine } from '../engines/training-engine.js';
import type { TrainOptions } from '../loop/train-options.js';
import { FORMAT_VERSION } from './format-version.js';
import type { CommonRecord } from './model-record.js';

/** An engine whose dense weights lie in a compute thread. */
type TrainedEngine = Pick<TrainingEngine, 'parameterCount'> & {
  readonly model: { readonly step: { readonly layout: ParameterLayout }; readonly inference: InferenceGraph };
  readonly dense: DenseModel;
  readonly client: ComputeClient;
};

/** What the artefacts of all tasks share: the graph with its weights inside, and the record's common members. */
export async function trainedParts(
  { model, dense, client, parameterCount }: TrainedEngine,
  { definition, hyperParameters, recipe, seed }: TrainOptions,
): Promise<{
  readonly onnx: Uint8Array;
  readonly common: CommonRecord;
  readonly constants: ReadonlyMap<string, Float32Array>;
}> {
  const { graph, logits } = model.inference;
  const weights = await client.export(dense.weightNames);
  const constants = constantsOf(model.step.layout, graph, weights);
  const onnx = lower(graph, { logits }, { constants });
  const live = liveNames(graph, logits);
  const common = {
    formatVersion: FORMAT_VERSION,
    model: definition.name,
    hyperParameters: { ...hyperParameters },
    recipe: { ...recipe },
    seed,
    parameters: parameterCount,
    inputs: [...graph.inputs.keys()].filter((name) => live.has(name)),
  } as const;
  return { onnx, common, constants };
}
