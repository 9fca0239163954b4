import { describe, expect, it } from 'vitest';
import type { CtrModelDefinition } from '../../../src/graph/index.js';
import type { Assignment, CtrDataset } from '../../../src/schema/index.js';
import { buildCtrModel, type CtrModelOptions } from '../../../src/training/engines/ctr-model.js';
import { resolveRecipe } from '../../../src/training/index.js';
import { tinyCtrDataset } from '../support/tiny-data.js';
import { tinyCtrModel } from '../support/tiny-models.js';

const dataset = tinyCtrDataset({ rows: 20, validationRows: 5 });

function build(extra: Partial<CtrModelOptions> = {}, assignment: Assignment = {}) {
  return buildCtrModel({
    definition: tinyCtrModel,
    hyperParameters: {},
    recipe: resolveRecipe('ctr', assignment),
    dataset,
    fields: undefined,
    seed: 1,
    ...extra,
  });
}

const inputsOf = (model: ReturnType<typeof build>) => model.step.inputs.map(({ name }) => name);

describe('buildCtrModel', () => {
  it('has one gradient for every input of embedding rows, of its shape', () => {
    const { step } = build();
    expect(step.embeddings).toEqual([
      { input: 'rows:embedding', output: 'grad:rows:embedding' },
      { input: 'rows:embedding:history', output: 'grad:rows:embedding:history' },
      { input: 'rows:linear', output: 'grad:rows:linear' },
    ]);
    const shapeOf = (list: readonly { name: string; shape: readonly unknown[] }[], name: string) =>
      list.find((candidate) => candidate.name === name)!.shape.map(String);
    for (const { input, output } of step.embeddings)
      expect(shapeOf(step.outputs, output)).toEqual(shapeOf(step.inputs, input));
  });

  it('scores without dropout, labels and batch statistics', () => {
    const { inference, step } = build({ hyperParameters: { dropout: 0.5, multiTask: true } });
    expect(inference.graph.mode).toBe('infer');
    expect(inference.graph.dropoutMasks).toEqual([]);
    expect([...inference.graph.inputs.keys()]).not.toContain('labels');
    expect(step.dropoutMasks.length).toBe(1);
    expect(inputsOf(build({ hyperParameters: { multiTask: true } }))).toContain('label:like');
  });

  it('gives tables the state that the optimiser of the recipe needs', () => {
    const strides = (optimizer: string) =>
      build({}, { 'recipe.embeddingOptimizer': optimizer }).tables.tables.map(({ dim, stride }) => [
        dim,
        stride,
      ]);
    expect(strides('lazy-adam')[0]).toEqual([8, 24]);
    expect(strides('adagrad')[0]).toEqual([8, 16]);
    expect(strides('rowwise-adagrad')[0]).toEqual([8, 10]); // nine, made even
  });

  it('gives rows clocks only for L2 that reaches rows at rest', () => {
    const clocked = (assignment: Assignment) =>
      build({}, assignment).tables.tables.every((table) => table.clocked);
    expect(clocked({ 'recipe.embeddingL2': 0.1, 'recipe.l2Mode': 'dense-equivalent' })).toBe(true);
    expect(clocked({ 'recipe.embeddingL2': 0, 'recipe.l2Mode': 'dense-equivalent' })).toBe(false);
    expect(clocked({ 'recipe.embeddingL2': 0.1, 'recipe.l2Mode': 'touched' })).toBe(false);
  });

  it('clips when the recipe says so', () => {
    const outputs = (clipNorm: number) =>
      build({}, { 'recipe.clipNorm': clipNorm }).step.outputs.map(({ name }) => name);
    expect(outputs(1)).toContain('gradient_norm');
    expect(outputs(0)).not.toContain('gradient_norm');
  });

  it('builds the optimiser of the recipe', () => {
    const states = (optimizer: string) =>
      build({}, { 'recipe.optimizer': optimizer }).step.optimizerStates.map(({ name }) => name);
    expect(states('sgd')).toEqual([]);
    expect(states('adagrad')).toEqual(['accumulator']);
    expect(states('adamw')).toEqual(['first_moment', 'second_moment']);
  });

  it('reads the chosen fields alone', () => {
    const model = build({ fields: ['item', 'genres'] });
    expect(inputsOf(model)).not.toContain('numeric');
    expect(inputsOf(model)).not.toContain('mask:history');
    expect(model.tables.tables.map((table) => table.name).toSorted()).toEqual([
      'embedding/genre',
      'embedding/item',
      'linear/genre',
      'linear/item',
    ]);
  });

  it('refuses a model without a loss, and a label that the data do not have', () => {
    const silent: CtrModelDefinition = {
      ...tinyCtrModel,
      name: 'silent',
      build: (inputs, hp) => ({ ...tinyCtrModel.build(inputs, hp), loss: undefined }),
    };
    expect(() => build({ definition: silent })).toThrow(
      expect.objectContaining({ code: 'GRAPH_INVALID', message: expect.stringContaining('silent') }),
    );
    const block = { ...dataset.train.block(0), extraLabels: new Map() };
    const poor: CtrDataset = { ...dataset, train: { ...dataset.train, block: () => block } };
    expect(() => build({ dataset: poor, hyperParameters: { multiTask: true } })).toThrow(
      expect.objectContaining({ code: 'UNKNOWN_COLUMN', details: { label: 'like' } }),
    );
  });
});
