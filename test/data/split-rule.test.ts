import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatSplit, parseSplit, type SplitRule } from '../../src/data/index.js';

describe('parseSplit', () => {
  it.each<[string, SplitRule]>([
    ['time', { kind: 'time' }],
    ['time@2014-01-01,2014-03-01', { kind: 'time', boundaries: ['2014-01-01', '2014-03-01'] }],
    ['column:split', { kind: 'column', column: 'split' }],
    [
      'column:date@20220505,20220507',
      { kind: 'column', column: 'date', boundaries: ['20220505', '20220507'] },
    ],
    ['column:a@b@1,2', { kind: 'column', column: 'a@b', boundaries: ['1', '2'] }],
    ['column:me@home', { kind: 'column', column: 'me@home' }],
    ['leave-one-out', { kind: 'leave-one-out' }],
    ['leave-one-out:order=seq_pos', { kind: 'leave-one-out', order: 'seq_pos' }],
    ['files', { kind: 'files' }],
    ['random', { kind: 'random', seed: 1 }],
    ['random:42', { kind: 'random', seed: 42 }],
  ])('reads %s', (text, rule) => {
    expect(parseSplit(text)).toEqual(rule);
  });

  it.each(['', 'tme', 'time@5', 'time@,', 'column:', 'leave-one-out:order=', 'random:x', 'column:d@1,2,3,'])(
    'refuses %j and says what may be written',
    (text) => {
      // three boundaries are no boundaries: the text is then a column name
      if (text === 'column:d@1,2,3,') return expect(() => parseSplit(text)).toThrow(/two boundaries/);
      return expect(() => parseSplit(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
    },
  );

  it('reads back what formatSplit writes', () => {
    const name = fc.string({ minLength: 1 }).filter((text) => text.trim() === text && !text.includes('@'));
    const cut = fc.string({ minLength: 1 }).filter((text) => !/[,@\s]/.test(text));
    const cuts = fc.option(fc.tuple(cut, cut), { nil: undefined });
    const rule = fc.oneof(
      cuts.map((boundaries): SplitRule =>
        boundaries === undefined ? { kind: 'time' } : { kind: 'time', boundaries },
      ),
      fc
        .tuple(name, cuts)
        .map(([column, boundaries]): SplitRule =>
          boundaries === undefined ? { kind: 'column', column } : { kind: 'column', column, boundaries },
        ),
      name.map((order): SplitRule => ({ kind: 'leave-one-out', order })),
      fc.integer().map((seed): SplitRule => ({ kind: 'random', seed })),
    );
    fc.assert(
      fc.property(rule, (given) => {
        expect(parseSplit(formatSplit(given))).toEqual(given);
      }),
    );
  });
});
