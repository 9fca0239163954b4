import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatCount,
  formatDifference,
  formatDuration,
  formatInterval,
  formatShare,
  formatSummary,
  formatValue,
  scoreColumns,
} from '../../src/schema/index.js';
import {
  assignmentPair,
  gain,
  positiveInteger,
  positiveNumber,
  shellWord,
  wholeNumber,
} from '../../src/cli/flags.js';
import { formatMetricTable, formatScores } from '../../src/cli/scores.js';
import { formatTable } from '../../src/cli/table.js';
import { displayWidth, plainStyle, printable, truncate } from '../../src/cli/text.js';
import { metrics, modelScore, summary } from './example-results.js';

describe('numbers', () => {
  it('are written for people', () => {
    expect(formatValue(0.73214)).toBe('0.7321');
    expect(formatValue(0.00012)).toBe('0.00012');
    expect(formatValue(0)).toBe('0.0000');
    expect(formatValue(12345.678)).toBe('12345.7');
    expect(formatValue(NaN)).toBe('NaN');
    expect(formatSummary(summary(0.7321, 0.0008))).toBe('0.7321 ± 0.0008 [0.7301, 0.7341]');
    expect(formatSummary(summary(0.7321, 0, 1))).toBe('0.7321 [0.7301, 0.7341]');
    expect(formatInterval([-0.001, 0.002])).toBe('[-0.0010, 0.0020]');
    expect(formatDifference(0.0042)).toBe('+0.0042');
    expect(formatDifference(-0.0042)).toBe('−0.0042');
    expect(formatCount(1436609)).toBe('1,436,609');
    expect([0, 0.004, 0.0625, 0.63, 1].map(formatShare)).toEqual(['0 %', '0.4 %', '6.3 %', '63 %', '100 %']);
  });

  it('durations keep two units and never show 60 of one', () => {
    expect([0.42, 9.96, 42, 59.6, 185, 3599.7, 7620].map(formatDuration)).toEqual([
      '0.4 s',
      '10.0 s',
      '42 s',
      '1 min 00 s',
      '3 min 05 s',
      '1 h 00 min',
      '2 h 07 min',
    ]);
    expect(formatDuration(Infinity)).toBe('—');
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1e7, noNaN: true }),
        (x) => !/\b60 (s|min)\b/.test(formatDuration(x)),
      ),
    );
  });
});

describe('printable', () => {
  it('leaves no control, formatting or lone surrogate character, whatever comes', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        (text) => !/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(printable(text)),
      ),
    );
  });

  it('keeps ordinary text of any script', () => {
    expect(printable('été 視頻 👍 _x-1')).toBe('été 視頻 👍 _x-1');
    expect(printable('a\tb\r\nc')).toBe('a b c');
  });
});

describe('tables', () => {
  it('align columns, also with wide characters', () => {
    expect(
      formatTable(
        [{ title: 'name' }, { title: 'n', align: 'right' }],
        [
          ['a', '1'],
          ['視頻', '100'],
        ],
      ),
    ).toEqual(['name    n', '────  ───', 'a       1', '視頻  100']);
  });

  it('have one width for all rows and no trailing spaces', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.string(), fc.string({ minLength: 1 })), { minLength: 1, maxLength: 6 }),
        (rows) => {
          const lines = formatTable([{ title: 'a' }, { title: 'b', align: 'right' }], rows);
          const width = displayWidth(lines[1]);
          for (const line of lines) {
            expect(displayWidth(line)).toBeLessThanOrEqual(width);
            expect(line).toBe(line.trimEnd());
            expect(line).not.toContain('\n');
          }
        },
      ),
    );
  });

  it('cut texts to columns', () => {
    expect(truncate('abcdef', 4)).toBe('abc…');
    expect(truncate('視頻視頻', 5)).toBe('視頻…');
    expect(truncate('abc', 3)).toBe('abc');
    fc.assert(
      fc.property(
        fc.string(),
        fc.nat(20),
        (text, columns) => displayWidth(truncate(text, columns)) <= columns,
      ),
    );
  });
});

describe('score tables', () => {
  const rows = [
    { label: 'floor', score: modelScore('popularity', 0.64) },
    { label: 'best', score: modelScore('dcnv2', 0.7391) },
  ];

  it('show the primary metric with its interval and the others as means', () => {
    expect(formatScores(rows, 'auc', plainStyle)).toEqual([
      '       model       test auc                          test logloss  seeds        cost',
      '─────  ──────────  ────────────────────────────────  ────────────  ─────  ──────────',
      'floor  popularity  0.6400 ± 0.0004 [0.6380, 0.6420]  0.4310            3  1 min 35 s',
      'best   dcnv2       0.7391 ± 0.0004 [0.7371, 0.7411]  0.4310            3  1 min 35 s',
    ]);
    expect(formatScores(rows, 'logloss', plainStyle)[0]).toContain('test logloss');
  });

  it('never mix splits in one column', () => {
    const { validation } = metrics(0.73);
    const closed = { label: 'closed', score: { ...modelScore('lr', 0.73), metrics: { validation } } };
    const lines = formatScores([...rows, closed], 'auc', plainStyle);
    expect(lines.at(-1)).toMatch(/^closed +lr +— +— +— /);
    expect(scoreColumns([closed.score], 'auc')).toEqual({ split: 'validation', metrics: ['auc', 'logloss'] });
    expect(scoreColumns([], 'auc')).toBeUndefined();
    const value = summary(0.5);
    const shuffled = {
      metrics: { test: { own: value, ece: value, logloss: value, auc: value, gauc: value } },
    };
    expect(scoreColumns([shuffled], 'gauc')?.metrics).toEqual(['gauc', 'auc', 'logloss', 'ece', 'own']);
    expect(formatScores([], 'auc', plainStyle)).toEqual([]);
  });

  it('list metrics by split, the final split last', () => {
    const lines = formatMetricTable(metrics(0.7391), plainStyle);
    expect(lines[0]).toMatch(/^metric +validation +test$/);
    expect(lines[2]).toMatch(/^auc +0\.7401 .* 0\.7391 /);
  });
});

describe('flags', () => {
  it.each([
    [positiveInteger, ['1', '20'], ['0', '-1', '1.5', 'x', '', '1e400']],
    [wholeNumber, ['0', '7'], ['-1', '0.5', '', ' ', 'NaN']],
    [positiveNumber, ['0.5', '30'], ['0', '-2', '', 'Infinity', 'x']],
    [gain, ['0', '0.001'], ['-0.1', '', 'NaN']],
  ])('%o accept and refuse', (parse, good, bad) => {
    for (const text of good) expect(parse(text)).toBe(Number(text));
    for (const text of bad) expect(() => parse(text)).toThrow(/Give a/);
  });

  it('pairs: refuse what has no name and what is given twice', () => {
    expect(() => assignmentPair('=1')).toThrow();
    expect(() => assignmentPair('a')).toThrow();
    expect(() => assignmentPair('a=2', { a: 1 })).toThrow('given twice');
    expect(assignmentPair('b=0x10', { a: 1 })).toEqual({ a: 1, b: '0x10' });
  });

  it('shell words read back as themselves', () => {
    expect(shellWord('a/b-1.csv')).toBe('a/b-1.csv');
    expect(shellWord("it's $HOME")).toBe(`'it'\\''s $HOME'`);
    expect(shellWord('')).toBe("''");
  });
});
