import { describe, expect, it } from 'vitest';
import { parsePositive, positiveExpression } from '../../src/data/positive-rule.js';

describe('parsePositive', () => {
  it.each([
    ['rating>=4', { column: 'rating', operator: '>=', value: 4 }],
    [' watch ratio > 0.5 ', { column: 'watch ratio', operator: '>', value: 0.5 }],
    ['x==-1e-3', { column: 'x', operator: '=', value: -0.001 }],
    [`event='purchase'`, { column: 'event', operator: '=', value: 'purchase' }],
    [`"a""b>=" != 2`, { column: 'a"b>=', operator: '!=', value: 2 }],
  ])('reads %s', (text, rule) => {
    expect(parsePositive(text)).toEqual(rule);
  });

  it.each([
    '',
    'rating',
    'rating>=',
    '>=4',
    'rating>=4; drop table x',
    'rating>=(select 1)',
    `e='a' or 1=1`,
    'r>=4 --',
    'r>=NaN',
  ])('refuses %j: a rule is parsed, not pasted', (text) => {
    expect(() => parsePositive(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  it('quotes a text value', () => {
    expect(positiveExpression({ column: 'e', operator: '=', value: `it's` }, 'c0')).toBe(
      `c0::VARCHAR = 'it''s'`,
    );
  });
});
