import { describe, expect, it } from 'vitest';
import type { CtrModelDefinition } from '../../src/graph/index.js';
import { dense } from '../../src/models/blocks/dense.js';
import { definitions } from '../../src/models/index.js';
import { Rng } from '../../src/platform/index.js';
import { checkSpace, sample } from '../../src/space/index.js';
import { buildClick, hyperParameters, smallHyperParameters } from './harness/build.js';
import { clickBatch, clickCases, richCase } from './harness/click-case.js';
import { overfit, withoutGradient } from './harness/gradients.js';
import { evaluate, randomParameters } from './harness/run.js';

const ctr = definitions.filter((definition): definition is CtrModelDefinition => definition.task === 'ctr');
const needsSequences = new Set(['din', 'bst']);
const rows = 6;

/** With a single field there is no pair, and attention over one key is 1 whatever it sees. */
const idleOnOneField: Readonly<Record<string, readonly string[]>> = {
  fm: ['rows:embedding'],
  autoint: [0, 1].flatMap((layer) => [`attention.${layer}.query.weight`, `attention.${layer}.key.weight`]),
};

describe.each(ctr.map((definition) => [definition.name, definition] as const))('%s', (name, definition) => {
  const hp = smallHyperParameters(definition);
  const cases = Object.entries(clickCases).filter(
    ([, data]) => data.sequences.length > 0 || !needsSequences.has(name),
  );

  it('has a sound space and a source', () => {
    checkSpace(definition.space);
    expect(definition.source).toMatch(/\d{4}/);
  });

  it.each(cases)('builds, scores and trains every weight: %s', async (title, data) => {
    const train = buildClick(definition, 'train', data, hp);
    const infer = buildClick(definition, 'infer', data, hp);
    expect(train.logits.shape).toEqual(['B']);
    expect(infer.logits.shape).toEqual(['B']);
    expect(train.loss?.shape).toEqual([]);
    expect(infer.loss).toBeUndefined();
    for (const observable of Object.values(train.observables)) expect(observable.shape).toEqual([]);
    expect([...infer.graph.parameters.keys()]).toEqual([...train.graph.parameters.keys()]);

    const parameters = randomParameters(train.graph);
    const feeds = { ...clickBatch(train.graph, data, rows), ...parameters };
    const trained = await evaluate(train.graph, { logits: train.logits, loss: train.loss! }, feeds);
    const served = await evaluate(infer.graph, { logits: infer.logits }, feeds);
    expect(trained.logits.dims).toEqual([rows]);
    expect(Number.isFinite(trained.loss.data[0])).toBe(true);
    served.logits.data.forEach((logit, i) => expect(logit).toBeCloseTo(trained.logits.data[i], 5));
    const idle = title === 'one field' ? (idleOnOneField[name] ?? []) : [];
    expect(await withoutGradient(train, feeds, parameters)).toEqual(idle);
  });

  it('does not read padded events', async () => {
    const { graph, logits } = buildClick(definition, 'infer', richCase, hp);
    const feeds = { ...clickBatch(graph, richCase, rows), ...randomParameters(graph) };
    const soiled = Object.fromEntries(
      Object.entries(feeds).map(([input, value]) => {
        const sequence = richCase.sequences.find((candidate) => input.endsWith(`:${candidate.name}`));
        if (sequence === undefined || input.startsWith('mask')) return [input, value];
        return [input, { ...value, data: value.data.map((element) => (element === 0 ? 1e3 : element)) }];
      }),
    );
    const clean = await evaluate(graph, { logits }, feeds);
    const dirty = await evaluate(graph, { logits }, soiled);
    dirty.logits.data.forEach((logit, i) => expect(logit).toBeCloseTo(clean.logits.data[i], 4));
  });

  it('fits one batch', async () => {
    const built = buildClick(definition, 'train', richCase, hp);
    const losses = await overfit(built, clickBatch(built.graph, richCase, 16), 60, 0.05);
    expect(losses.at(-1)).toBeLessThan(0.2 * losses[0]);
  });

  it('predicts ratings by squared error', async () => {
    const data = { ...richCase, task: 'rating' as const };
    const built = buildClick(definition, 'train', data, hp);
    const feeds = { ...clickBatch(built.graph, data, rows), ...randomParameters(built.graph) };
    const { logits, loss } = await evaluate(built.graph, { logits: built.logits, loss: built.loss! }, feeds);
    const errors = [...logits.data].map((logit, i) => (logit - feeds.labels.data[i]) ** 2);
    expect(loss.data[0]).toBeCloseTo(errors.reduce((a, b) => a + b) / rows, 3);
  });

  it('builds with anything that its space offers', () => {
    for (let seed = 0; seed < 12; seed += 1) {
      const sampled = sample(definition.space, new Rng([seed, name]));
      expect(buildClick(definition, 'train', richCase, sampled).loss?.rank).toBe(0);
      expect(buildClick(definition, 'infer', richCase, sampled).logits.shape).toEqual(['B']);
    }
  });

  it('gives the names of its parameters once and for all', () => {
    const first = buildClick(definition, 'train', richCase, hp).graph;
    const second = buildClick(definition, 'train', richCase, hp).graph;
    expect([...first.parameters.keys()]).toEqual([...second.parameters.keys()]);
  });
});

describe('the checks themselves', () => {
  it('catch a weight that nothing uses', async () => {
    const lazy: CtrModelDefinition = {
      ...ctr[0],
      build(inputs, hp) {
        const outputs = ctr[0].build(inputs, hp);
        dense(inputs.embed('linear', 1), 3, 'unused');
        return outputs;
      },
    };
    const built = buildClick(lazy, 'train', richCase, hyperParameters(lazy));
    const parameters = randomParameters(built.graph);
    const feeds = { ...clickBatch(built.graph, richCase, rows), ...parameters };
    expect(await withoutGradient(built, feeds, parameters)).toEqual(['unused.weight', 'unused.bias']);
  });

  it('catch a model that reads padding', async () => {
    const { graph, logits } = buildClick(
      {
        ...ctr[0],
        build: (inputs) => ({
          logits: dense(inputs.embedSequence('b', 1, 'viewed'), 1, 'x'),
          loss: undefined,
          observables: {},
        }),
      },
      'infer',
      richCase,
      {},
    );
    const feeds = { ...clickBatch(graph, richCase, rows), ...randomParameters(graph) };
    const zeros = [...feeds['rows:b:viewed'].data].filter((element) => element === 0).length;
    expect(zeros).toBeGreaterThan(0); // there is padding to soil
    const clean = await evaluate(graph, { logits }, feeds);
    const soiled = feeds['rows:b:viewed'].data.map((element) => (element === 0 ? 1e3 : element));
    const dirty = await evaluate(
      graph,
      { logits },
      { ...feeds, 'rows:b:viewed': { data: soiled, dims: feeds['rows:b:viewed'].dims } },
    );
    expect(dirty.logits.data).not.toEqual(clean.logits.data);
  });
});
