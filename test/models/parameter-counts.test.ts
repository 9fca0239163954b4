import { describe, expect, it } from 'vitest';
import { layoutOf, type CtrModelDefinition, type HyperParameters } from '../../src/graph/index.js';
import { definitions, dcnv2, din, dnn, gru4rec, lr, sasrec, xdeepfm } from '../../src/models/index.js';
import { buildClick, buildNextItem, hyperParameters } from './harness/build.js';
import { field, richCase, type ClickCase } from './harness/click-case.js';

/** Ten fields of one embedding each, as in the benchmark. */
const tenFields: ClickCase = {
  fields: Array.from({ length: 10 }, (_, i) => field(`f${i}`, 'context')),
  sequences: [],
  numericCount: 0,
};

const countOf = (definition: CtrModelDefinition, data: ClickCase, hp: HyperParameters): number =>
  layoutOf(buildClick(definition, 'train', data, hyperParameters(definition, hp)).graph).flatSize;

const towerSize = (input: number, widths: readonly number[]): number =>
  widths.reduce<[number, number]>(
    ([total, before], width) => [total + before * width + width, width],
    [0, input],
  )[0];

describe('dense parameters', () => {
  it('lr: a bias and one weight per number', () => {
    expect(countOf(lr, tenFields, {})).toBe(1);
    expect(countOf(lr, { ...tenFields, numericCount: 13 }, {})).toBe(14);
  });

  it('dnn 400x3 on 10 fields of 16: 385,601', () => {
    const count = countOf(dnn, tenFields, { embeddingDim: 16, hidden: '400x400x400' });
    expect(count).toBe(towerSize(160, [400, 400, 400]) + 401);
    expect(count).toBe(385_601);
  });

  it.each([
    ['full', (w: number) => w * w + w],
    ['low-rank', (w: number) => 2 * w * 8 + w],
    ['mixture', (w: number) => w * 2 + 2 * w * (2 * 8) + 2 * 8 * 8 + w],
  ] as const)('dcnv2, %s crosses', (cross, perLayer) => {
    const hp = {
      embeddingDim: 16,
      crossLayers: 3,
      cross,
      rank: 8,
      experts: 2,
      hidden: '400x400x400',
      structure: 'parallel',
    };
    expect(countOf(dcnv2, tenFields, hp)).toBe(
      3 * perLayer(160) + towerSize(160, [400, 400, 400]) + (160 + 400 + 1),
    );
    const stacked = { ...hp, structure: 'stacked' };
    expect(countOf(dcnv2, tenFields, stacked)).toBe(
      3 * perLayer(160) + towerSize(160, [400, 400, 400]) + 401,
    );
  });

  it('xdeepfm: every pair of maps and fields has a weight per next map', () => {
    const hp = { embeddingDim: 8, cin: '16x16', hidden: '64x32' };
    expect(countOf(xdeepfm, tenFields, hp)).toBe(1 + 100 * 16 + 160 * 16 + 32 + towerSize(80, [64, 32]) + 33);
  });

  it('din: unit of 4 D x H, slopes, tower over fields, numbers and three pooled parts', () => {
    const hp = {
      embeddingDim: 4,
      attention: '16',
      attentionActivation: 'prelu',
      hidden: '64x32',
      activation: 'relu',
    };
    const unit = 16 * 16 + 16 + 16 + 17;
    const width = 3 * 4 + 2 + 2 * 4 + 4;
    expect(countOf(din, richCase, hp)).toBe(unit + towerSize(width, [64, 32]) + 33);
  });

  it('sasrec: item and position tables, blocks of 6 D² with a feed-forward layer of D', () => {
    const data = { itemCount: 30, maxLength: 6, loss: 'softmax' } as const;
    const hp = hyperParameters(sasrec, { dim: 32, blocks: 2, expansion: 1 });
    const block = 6 * 32 * 32 + 3 * 32 + 4 * 32;
    expect(layoutOf(buildNextItem(sasrec, 'train', data, hp).graph).flatSize).toBe(
      36 * 32 + 2 * block + 2 * 32,
    );
  });

  it('gru4rec: three gates over input and state', () => {
    const data = { itemCount: 30, maxLength: 6, loss: 'softmax' } as const;
    const hp = hyperParameters(gru4rec, { dim: 32, hidden: 64 });
    const gates = 3 * 64 * (32 + 64 + 1) + 64;
    expect(layoutOf(buildNextItem(gru4rec, 'train', data, hp).graph).flatSize).toBe(
      30 * 32 + gates + 64 * 32 + 32,
    );
  });

  it('stay as they are for every definition at its defaults', () => {
    const counts = definitions.map((definition) => {
      const hp = hyperParameters(definition);
      const built =
        definition.task === 'ctr'
          ? buildClick(definition, 'train', richCase, hp)
          : buildNextItem(definition, 'train', { itemCount: 1000, maxLength: 50, loss: 'softmax' }, hp);
      return [definition.name, layoutOf(built.graph).flatSize];
    });
    expect(Object.fromEntries(counts)).toMatchInlineSnapshot(`
      {
        "autoint": 15489,
        "bst": 15681,
        "dcnv2": 17479,
        "deepfm": 15892,
        "din": 16266,
        "dnn": 338401,
        "finalmlp": 38357,
        "fm": 19,
        "gru4rec": 92992,
        "lr": 3,
        "sasrec": 117376,
        "wide-deep": 13828,
        "xdeepfm": 18500,
      }
    `);
  });
});
