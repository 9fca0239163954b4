import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/platform/index.js';
import {
  projectedValues,
  randomProposer,
  successShare,
  type ProposalContext,
  type Proposer,
  type Trial,
} from '../../src/search/index.js';
import { drawNew, isRandomTurn, proposalRng, type DrawSettings } from '../../src/search/draw.js';
import { hashAssignment, type Space } from '../../src/space/index.js';

const space: Space = {
  a: { kind: 'integer', min: 1, max: 4, default: 1 },
  b: { kind: 'categorical', values: ['x', 'y'], default: 'x' },
};

const stubborn: Proposer = { name: 'stubborn', propose: () => ({ assignment: { a: 2, b: 'x' }, parent: 7 }) };
const mute: Proposer = { name: 'mute', propose: () => undefined };

const settings = (over: Partial<DrawSettings> = {}): DrawSettings => ({
  space,
  random: randomProposer(),
  proposers: [stubborn],
  allocator: successShare(),
  randomShare: 0,
  ...over,
});

const context = (index: number, history: readonly Trial[] = []): ProposalContext => ({
  space,
  history,
  values: projectedValues(history, 1),
  rng: proposalRng(5, index),
  index,
});

describe('isRandomTurn', () => {
  it('catches up with its share after configurations that were tried first', () => {
    const turns: number[] = [];
    for (let i = 4; i < 16; i += 1) if (isRandomTurn(i, turns.length, 0.2)) turns.push(i);
    expect(turns).toEqual([4, 9, 14]);
  });

  it('makes the share exact at every multiple, and never far from it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 400 }), (twentieths, n) => {
        const share = twentieths / 20;
        let turns = 0;
        for (let i = 0; i < n; i += 1) {
          if (isRandomTurn(i, turns, share)) turns += 1;
          expect(Math.abs(turns - (i + 1) * share)).toBeLessThan(1);
        }
        if (n % 20 === 0) expect(turns).toBe(Math.round(n * share));
      }),
    );
  });
});

describe('drawNew', () => {
  it('takes the proposal of whose turn it is', () => {
    const draw = drawNew(settings(), context(0), new Set());
    expect(draw).toMatchObject({
      assignment: { a: 2, b: 'x' },
      proposer: 'stubborn',
      parent: 7,
      warmup: false,
      redraws: 0,
    });
  });

  it('draws at random, and says so, when a proposer has nothing to say', () => {
    const draw = drawNew(settings({ proposers: [mute] }), context(0), new Set());
    expect(draw).toMatchObject({ proposer: 'mute', warmup: true, parent: undefined });
  });

  it('never repeats: a proposer that insists is replaced by a random draw, and the attempts are counted', () => {
    const seen = new Set([hashAssignment(space, { a: 2, b: 'x' })]);
    const draw = drawNew(settings(), context(1), seen);
    expect(draw?.warmup).toBe(true);
    expect(draw?.redraws).toBeGreaterThanOrEqual(20);
    expect(seen.has(draw?.hash ?? '')).toBe(false);
  });

  it('finds the last configuration of a finite space, then none', () => {
    const seen = new Set<string>();
    for (let i = 0; i < 8; i += 1) {
      const draw = drawNew(settings(), context(i), seen);
      expect(draw).toBeDefined();
      seen.add(draw?.hash ?? '');
    }
    expect(seen.size).toBe(8);
    expect(drawNew(settings(), context(8), seen)).toBeUndefined();
  });

  it('finds the one left in a space too large for luck', () => {
    const wide: Space = { n: { kind: 'integer', min: 1, max: 20_000, default: 1 } };
    const seen = new Set<string>();
    for (let n = 1; n <= 20_000; n += 1) if (n !== 12_345) seen.add(hashAssignment(wide, { n }));
    const draw = drawNew(
      { ...settings({ proposers: [mute] }), space: wide },
      { ...context(0), space: wide },
      seen,
    );
    expect(draw?.assignment).toEqual({ n: 12_345 });
  });

  it('is a function of seed and index', () => {
    fc.assert(
      fc.property(fc.nat(), (index) => {
        const once = drawNew(settings({ proposers: [mute] }), context(index), new Set());
        const twice = drawNew(settings({ proposers: [mute] }), context(index), new Set());
        expect(twice).toEqual(once);
      }),
    );
    const draws = Array.from(
      { length: 40 },
      (_, i) => drawNew(settings({ proposers: [mute] }), context(i), new Set())?.hash,
    );
    expect(new Set(draws).size).toBe(8); // all of the space is reached
  });

  it('gives every turn to the control when there is nobody else', () => {
    const draw = drawNew(settings({ proposers: [] }), context(0), new Set());
    expect(draw).toMatchObject({ proposer: 'random', warmup: false });
  });
});

describe('proposalRng', () => {
  it('gives every trial of every seed its own stream', () => {
    const first = new Set<number>();
    for (let seed = 0; seed < 20; seed += 1) {
      for (let index = 0; index < 50; index += 1) first.add(proposalRng(seed, index).next());
    }
    expect(first.size).toBe(1000);
    expect(proposalRng(3, 4).next()).toBe(proposalRng(3, 4).next());
    expect(proposalRng(3, 4)).toBeInstanceOf(Rng);
  });
});
