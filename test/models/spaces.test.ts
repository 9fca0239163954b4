import { describe, expect, it } from 'vitest';
import { idOf, models, spaceOf } from '../../src/models/index.js';
import { activeNames, defaults, type Assignment, type Space } from '../../src/space/index.js';

/**
 * The order of parameters decides which random number each of them draws, so a space whose members change places is
 * another space: runs of one seed would no longer repeat. Change these lists only on purpose.
 */
const members: Readonly<Record<string, string>> = {
  'ctr popularity': 'strength=20',
  'ctr rates': 'strength=5 damping=0.7 fields=greedy maxFields=6',
  'next-item popularity': 'recency=false halfLife=20',
  'next-item neighbourhood':
    'window=10 distancePower=0.7 backward=0.5 lastItems=10 recencyPower=0.8 sourcePower=0.5 targetPower=0.3 ' +
    'shrinkage=1 userPower=0 history=0 popularity=0.001',
  'next-item skip-markov': 'skips=5 decay=0.8 backOff=20',
  'ctr lr': '',
  'ctr fm': 'embeddingDim=8 usesHistory=true',
  'ctr dnn': 'embeddingDim=8 hidden=400x400x400 dropout=0.2 batchNorm=false usesHistory=true',
  'ctr wide-deep': 'embeddingDim=8 hidden=128x64 dropout=0.2 batchNorm=false usesHistory=true',
  'ctr deepfm': 'embeddingDim=8 hidden=128x64 dropout=0.2 batchNorm=false usesHistory=true',
  'ctr dcnv2':
    'embeddingDim=8 crossLayers=2 cross=full rank=32 experts=4 structure=parallel hidden=128x64 dropout=0.2 ' +
    'batchNorm=false usesHistory=true',
  'ctr xdeepfm': 'embeddingDim=8 cin=16x16 hidden=128x64 dropout=0.2 batchNorm=false usesHistory=true',
  'ctr autoint':
    'embeddingDim=8 layers=2 heads=2 headSize=8 scaled=true hidden=128x64 dropout=0.2 usesHistory=true',
  'ctr finalmlp':
    'embeddingDim=8 first=128x64 second=128x64 gating=true gateHidden=64 fusionHeads=1 dropout=0.2 batchNorm=false ' +
    'usesHistory=true',
  'ctr din':
    'embeddingDim=8 attention=36 attentionActivation=sigmoid softmax=false hidden=128x64 activation=prelu dropout=0.2 ' +
    'batchNorm=false',
  'ctr bst': 'embeddingDim=8 blocks=1 heads=2 blockDropout=0.1 hidden=128x64 activation=prelu dropout=0.2',
  'next-item sasrec': 'dim=64 blocks=2 heads=1 expansion=1 dropout=0.2',
  'next-item gru4rec': 'dim=64 hidden=64 dropout=0.2',
};

const written = (space: Space): string =>
  Object.entries(space)
    .map(([name, parameter]) => `${name}=${parameter.default}`)
    .join(' ');

const taskOf = (model: (typeof models)[number]): string =>
  model.kind === 'graph' ? model.definition.task : model.model.task;

describe('the spaces of the library', () => {
  it('keep their members, their order and their defaults', () => {
    const found = models.map((model) => [`${taskOf(model)} ${idOf(model)}`, written(spaceOf(model))]);
    expect(Object.fromEntries(found)).toEqual(members);
  });

  it('say of every parameter what it changes, in words of its own', () => {
    for (const model of models) {
      const about = Object.values(spaceOf(model)).map((parameter) => parameter.about ?? '');
      for (const words of about) expect(words.length).toBeGreaterThan(5);
    }
  });

  it('have conditions on earlier members only, so that a draw from the left is enough', () => {
    let conditions = 0;
    for (const model of models) {
      const names = Object.keys(spaceOf(model));
      Object.values(spaceOf(model)).forEach(({ when }, at) => {
        if (when === undefined) return;
        conditions += 1;
        expect(names.slice(0, at)).toContain(when.parameter);
      });
    }
    expect(conditions).toBe(5);
  });

  it('leave out what a switch makes idle', () => {
    const active = (id: string, over: Assignment): readonly string[] => {
      const space = spaceOf(models.find((each) => idOf(each) === id)!);
      return activeNames(space, { ...defaults(space), ...over });
    };
    expect(active('dcnv2', { cross: 'full' })).not.toContain('rank');
    expect(active('dcnv2', { cross: 'low-rank', rank: 8 })).toContain('rank');
    expect(active('dcnv2', { cross: 'low-rank', rank: 8 })).not.toContain('experts');
    expect(active('dcnv2', { cross: 'mixture', rank: 8, experts: 2 })).toContain('experts');
    expect(active('finalmlp', { gating: true })).toContain('gateHidden');
    expect(active('finalmlp', { gating: false })).not.toContain('gateHidden');
    expect(active('rates', { fields: 'greedy' })).toContain('maxFields');
    expect(active('rates', { fields: 'all' })).not.toContain('maxFields');
  });
});
