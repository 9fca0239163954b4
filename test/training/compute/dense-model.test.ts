import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import {
  add,
  batchNorm,
  buildApplyGraph,
  buildGradientGraph,
  buildTrainingStep,
  Graph,
  lower,
  matmul,
  mean,
  mul,
  normal,
  reshape,
  sub,
  zeros,
} from '../../../src/graph/index.js';
import { constantsOf, denseModel, liveNames, PARAMETERS } from '../../../src/training/compute/dense-model.js';

/** Batch norm, then x w + bias; training has a second head that serving does not have. */
function graphFor(mode: 'train' | 'infer', withHead = true) {
  const graph = new Graph({ mode, name: 'm', seed: 2 });
  const x = graph.input('x', ['B', 3]);
  const hidden = batchNorm(x, undefined, undefined, { name: 'norm' });
  const logits = add(
    reshape(matmul(hidden, graph.parameter('w', [3, 1], normal(1))), ['B']),
    graph.parameter('bias', [1], zeros()),
  );
  if (mode === 'infer') return { graph, logits, loss: undefined };
  const label = graph.input('labels', ['B'], 'float32', 'label');
  let difference = sub(logits, label);
  if (withHead)
    difference = add(difference, reshape(matmul(x, graph.parameter('head', [3, 1], normal(1))), ['B']));
  return { graph, logits, loss: mean(mul(difference, difference)) };
}

const inference = graphFor('infer');
const adam = { kind: 'adam' } as const;

function stepOf(kind: 'adam' | 'sgd') {
  const { graph, loss } = graphFor('train');
  return buildTrainingStep(graph, { loss: loss!, optimizer: { kind } });
}

const step = stepOf('adam');

describe('denseModel', () => {
  it('keeps weights, moments and running statistics in the thread', () => {
    const model = denseModel({ step: stepOf('adam') }, inference, 7, false);
    expect(model.names.toSorted()).toEqual(
      [
        PARAMETERS,
        'first_moment',
        'second_moment',
        ...model.weightNames.filter((n) => n !== PARAMETERS),
      ].toSorted(),
    );
    expect(model.weightNames.filter((name) => name !== PARAMETERS).every((n) => n.startsWith('state:'))).toBe(
      true,
    );
    expect(model.weightNames.length).toBe(3); // weights, running mean and variance
    const { flatSize } = stepOf('adam').layout;
    expect(model.buffers[PARAMETERS].length).toBe(flatSize);
    expect(model.buffers['first_moment']).toEqual(new Float32Array(flatSize));
  });

  it('starts from weights that are a function of the seed', () => {
    const startOf = (seed: number) =>
      denseModel({ step: stepOf('sgd') }, inference, seed, false).buffers[PARAMETERS];
    expect(startOf(1)).toEqual(startOf(1));
    expect(startOf(1)).not.toEqual(startOf(2));
  });

  it('updates in place: each buffer that a step writes is one that it reads', () => {
    const { sessions } = denseModel({ step: stepOf('adam') }, inference, 7, false);
    const { inputs, outputs } = sessions['step'];
    const read = new Set(Object.values(inputs).map((part) => part.buffer));
    expect(Object.values(outputs).toSorted()).toEqual([...read].toSorted());
    expect(outputs).toMatchObject({ parameters_out: PARAMETERS, first_moment_out: 'first_moment' });
    expect(Object.keys(outputs)).not.toContain('loss');
  });

  it('gives serving its weights out of the flat vector, without the heads of training', () => {
    const current = stepOf('adam');
    const { sessions } = denseModel({ step: current }, inference, 7, false);
    const slot = (name: string) => current.layout.parameters.find((candidate) => candidate.name === name)!;
    expect(sessions['infer'].inputs['w']).toEqual({
      buffer: PARAMETERS,
      offset: slot('w').offset,
      length: 3,
    });
    expect(sessions['infer'].inputs['bias']).toEqual({
      buffer: PARAMETERS,
      offset: slot('bias').offset,
      length: 1,
    });
    expect(sessions['infer'].inputs).not.toHaveProperty('head');
    expect(sessions['infer'].outputs).toEqual({});
  });

  it('adds an accumulator for batches in parts, which no checkpoint holds', () => {
    const { graph, loss } = graphFor('train');
    const gradient = buildGradientGraph(graph, { loss: loss! });
    const apply = buildApplyGraph(gradient.layout, { optimizer: adam });
    const model = denseModel({ apply, step: gradient }, inference, 7, true);
    expect(model.buffers['gradient_accumulator']).toEqual(new Float32Array(gradient.layout.flatSize));
    expect(model.names).not.toContain('gradient_accumulator');
    expect(model.names).toContain('second_moment');
    expect(model.sessions['step'].outputs['gradient_accumulator_out']).toBe('gradient_accumulator');
    expect(model.sessions['step'].outputs).not.toHaveProperty('parameters_out');
    expect(model.sessions['apply'].inputs['gradient_accumulator']).toEqual({
      buffer: 'gradient_accumulator',
    });
    expect(denseModel({ step: stepOf('adam') }, inference, 7, false).buffers).not.toHaveProperty(
      'gradient_accumulator',
    );
  });

  it('holds nothing for a model without weights', () => {
    const bare = (mode: 'train' | 'infer') => {
      const graph = new Graph({ mode, name: 'bare' });
      const rows = graph.input('rows', ['B', 2], 'float32', 'embedding-rows');
      const logits = reshape(mean(rows, 1), ['B']);
      return { graph, logits, rows, loss: mean(mul(logits, logits)) };
    };
    const { graph, loss, rows } = bare('train');
    const only = buildTrainingStep(graph, { loss, optimizer: adam, embeddingInputs: [rows] });
    const model = denseModel({ step: only }, bare('infer'), 1, false);
    expect([model.names, model.weightNames]).toEqual([[], []]);
    expect(model.sessions['infer'].inputs).toEqual({});
  });
});

describe('liveNames', () => {
  it('are the inputs, weights and statistics that an output depends on', () => {
    const { graph, logits, loss } = graphFor('train');
    const live = liveNames(graph, loss!);
    expect(['x', 'labels', 'w', 'bias', 'head'].every((name) => live.has(name))).toBe(true);
    const served = liveNames(graph, logits);
    expect([served.has('x'), served.has('labels'), served.has('head')]).toEqual([true, false, false]);
    expect(
      [...liveNames(inference.graph, inference.logits)].filter((name) => name.includes('norm')).length,
    ).toBe(2);
  });
});

describe('constantsOf', () => {
  it('puts weights and statistics into the file that scores as the formula says', async () => {
    const parameters = Float32Array.from({ length: step.layout.flatSize }, (_, i) => 0.1 * (i + 1));
    const stateNames = [...inference.graph.states.keys()];
    const [meanName, varianceName] = [
      stateNames.find((name) => name.includes('mean'))!,
      stateNames.find((name) => name.includes('var'))!,
    ];
    const constants = constantsOf(step.layout, inference.graph, {
      [PARAMETERS]: parameters,
      [`state:${meanName}`]: Float32Array.of(1, 2, 3),
      [`state:${varianceName}`]: Float32Array.of(4, 4, 4),
    });
    const onnx = lower(inference.graph, { logits: inference.logits }, { constants });
    const session = await InferenceSession.create(onnx, { intraOpNumThreads: 1 });
    expect(session.inputNames).toEqual(['x']);
    const results = await session.run({ x: new Tensor('float32', Float32Array.of(3, 2, 7), [1, 3]) });
    await session.release();
    const slot = (name: string) =>
      step.layout.parameters.find((candidate) => candidate.name === name)!.offset;
    const normalised = [1, 0, 2]; // (x - mean) / sqrt(4 + epsilon)
    const expected = normalised.reduce(
      (sum, value, i) => sum + value * parameters[slot('w') + i],
      parameters[slot('bias')],
    );
    expect(Number(results['logits'].data[0])).toBeCloseTo(expected, 4);
  });
});
