import * as ort from 'onnxruntime-node';
import { evaluateDim, type TrainingStepGraph } from '../../../src/graph/index.js';
import { toTensor, type Fed } from './evaluate.js';

export interface StepOptions {
  readonly learningRate?: number;
  readonly lossScale?: number;
  readonly threads?: number;
  /** pass the buffers of parameters and optimiser states as inputs and outputs at once */
  readonly inPlace?: boolean;
  readonly seed?: number;
}

/** A minimal trainer: carries parameters, optimiser states and running statistics from step to step. */
export class StepRunner {
  readonly carried = new Map<string, Float32Array>();
  count = 0;

  private constructor(
    private readonly step: TrainingStepGraph,
    private readonly session: ort.InferenceSession,
    private readonly options: StepOptions,
  ) {
    const { layout } = step;
    this.carried.set('parameters', step.initialParameters(options.seed ?? 1));
    for (const state of step.optimizerStates)
      this.carried.set(state.input, new Float32Array(layout.flatSize).fill(state.initial));
    for (const state of step.states) {
      this.carried.set(
        state.input,
        new Float32Array(state.shape.reduce((a, b) => a * b, 1)).fill(state.initial),
      );
    }
  }

  static async create(step: TrainingStepGraph, options: StepOptions = {}): Promise<StepRunner> {
    const session = await ort.InferenceSession.create(step.toOnnx(), {
      intraOpNumThreads: options.threads ?? 1,
      graphOptimizationLevel: 'all',
    });
    return new StepRunner(step, session, options);
  }

  /** The buffer of an output, by its name. */
  bufferOf(output: string): Float32Array | undefined {
    const input = output.startsWith('state_out:')
      ? output.replace('state_out:', 'state:')
      : output.replace(/_out$/, '');
    return input === output ? undefined : this.carried.get(input);
  }

  async run(
    feeds: Readonly<Record<string, Fed>>,
    sizes: Readonly<Record<string, number>> = {},
  ): Promise<Record<string, Float32Array>> {
    this.count += 1;
    const scalars: Record<string, number> = {
      learning_rate: this.options.learningRate ?? 0.1,
      step: this.count,
      loss_scale: this.options.lossScale ?? 1,
    };
    const tensors: Record<string, ort.Tensor> = {};
    for (const { name, shape } of this.step.inputs) {
      const dims = shape.map((dim) => evaluateDim(dim, sizes));
      const carried = this.carried.get(name);
      if (feeds[name]) tensors[name] = toTensor(feeds[name]);
      else if (carried) tensors[name] = new ort.Tensor('float32', carried, dims);
      else tensors[name] = new ort.Tensor('float32', Float32Array.of(scalars[name]), dims);
    }
    const fetches: Record<string, ort.Tensor | null> = {};
    for (const { name } of this.step.outputs) {
      const input = name.replace(/_out$/, '');
      fetches[name] = this.options.inPlace && input !== name && tensors[input] ? tensors[input] : null;
    }
    const results = await this.session.run(tensors, fetches as never);
    const out: Record<string, Float32Array> = {};
    for (const [name, tensor] of Object.entries(results)) {
      out[name] = tensor.data as Float32Array;
      this.bufferOf(name)?.set(out[name]);
    }
    return out;
  }
}
