import { describe, expect, it } from 'vitest';
import {
  dropoutRate,
  readHyperParameters,
  towerWidths,
  usesHistory,
} from '../../src/models/blocks/hyper-parameters.js';

const space = { hidden: towerWidths(), dropout: dropoutRate, usesHistory };
const read = (hp: Record<string, string | number | boolean>) => readHyperParameters('dnn', space, hp);

describe('reading hyper-parameters', () => {
  it('gives typed values', () => {
    const values = read({ hidden: '128x64', dropout: 0.3, usesHistory: false });
    expect(values.widths('hidden')).toEqual([128, 64]);
    expect(values.text('hidden')).toBe('128x64');
    expect(values.number('dropout')).toBe(0.3);
    expect(values.flag('usesHistory')).toBe(false);
  });

  it('takes values outside of the searched range, and no layers', () => {
    expect(read({ hidden: '1000' }).widths('hidden')).toEqual([1000]);
    expect(read({ hidden: 'none' }).widths('hidden')).toEqual([]);
  });

  it.each<Record<string, string | number | boolean>>([
    {},
    { dropout: '0.3' },
    { dropout: Number.NaN },
    { dropout: Number.POSITIVE_INFINITY },
    { dropout: true },
  ])('refuses a rate of %o, naming model and parameter', (hp) => {
    expect(() => read(hp).number('dropout')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('dnn.dropout'),
        remedy: expect.stringContaining('0.2'),
      }),
    );
  });

  it.each(['', '0', '64x', 'x64', '64x0', '-3', '64 x 32', '1e9', '1000000x2'])(
    'refuses the widths "%s"',
    (hidden) => {
      expect(() => read({ hidden }).widths('hidden')).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    },
  );

  it('refuses the wrong type for texts and flags', () => {
    expect(() => read({ hidden: 64 }).text('hidden')).toThrow(/must be a string/);
    expect(() => read({ usesHistory: 'true' }).flag('usesHistory')).toThrow(
      /must be true or false, but it is "true"/,
    );
  });
});
