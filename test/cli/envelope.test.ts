import { describe, expect, it } from 'vitest';
import { formatEnvelope } from '../../src/cli/envelope.js';
import { failureOf } from '../../src/cli/failure.js';
import { displayWidth, truncate } from '../../src/cli/text.js';
import { formatTable } from '../../src/cli/table.js';
import { AutoModelError } from '../../src/platform/index.js';
import { CommandEnvelope } from '../../src/schema/index.js';
import { runWith } from './fake-host.js';

/** Details that contain themselves, as an error of a library may. */
function circular(): Record<string, unknown> {
  const inner: Record<string, unknown> = { name: 'inner' };
  const details = { inner, list: [inner, inner] };
  inner['outer'] = details;
  return details;
}

const read = (text: string): CommandEnvelope => CommandEnvelope.parse(JSON.parse(text));

describe('formatEnvelope', () => {
  it('writes what JSON cannot hold as text, list or record', () => {
    const result = {
      rows: 12n,
      huge: 2n ** 70n,
      low: -(2n ** 70n),
      cause: new Error('why'),
      map: new Map([['a', 1]]),
      set: new Set(['x']),
      nothing: undefined,
      date: new Date(0),
    };
    expect(read(formatEnvelope('train', result, [], undefined)).result).toEqual({
      rows: 12,
      huge: '1180591620717411303424',
      low: '-1180591620717411303424',
      cause: 'why',
      map: { a: 1 },
      set: ['x'],
      date: '1970-01-01T00:00:00.000Z',
    });
  });

  it('survives details that contain themselves, and keeps the rest of them', () => {
    const failure = failureOf(new AutoModelError('INTERNAL', 'odd', { details: circular() }));
    const { error } = read(formatEnvelope('train', null, [], failure));
    const again = '(contains itself)';
    expect(error?.details['inner']).toEqual({ name: 'inner', outer: { inner: again, list: [again, again] } });
  });

  it('does not take what occurs twice, side by side, for what contains itself', () => {
    const shared = { a: { b: 1 } };
    const { result } = read(formatEnvelope('x', { one: shared, two: [shared, shared] }, [], undefined));
    expect(result).toEqual({ one: shared, two: [shared, shared] });
  });

  it('is one line, whatever the texts hold', () => {
    const text = formatEnvelope(
      'x',
      { a: 'line\nbreak\u2028' },
      [{ code: 'C', message: 'm\r\n' }],
      undefined,
    );
    expect(text.endsWith('\n')).toBe(true);
    expect(text.trimEnd().split('\n')).toHaveLength(1);
    expect(read(text).warnings).toEqual([{ code: 'C', message: 'm\r\n' }]);
  });

  it.each([undefined, null, Number.NaN])('has the result null for %s', (result) => {
    expect(read(formatEnvelope('x', result, [], undefined)).result).toBeNull();
  });
});

describe('a command that fails oddly', () => {
  it.each<[string, unknown, number]>([
    ['with circular details', new AutoModelError('SPLIT_EMPTY', 'x', { details: circular() }), 3],
    ['with a thrown object', { odd: true }, 1],
    ['with nothing', undefined, 1],
    ['with an error of the system', Object.assign(new Error('EROFS: read-only'), { code: 'EROFS' }), 5],
    ['with an error named like a member of objects', Object.assign(new Error('x'), { code: 'toString' }), 1],
    [
      'with an error of a later version',
      Object.assign(new Error('x'), { code: 'NEWER', [Symbol.for('automodel.error')]: true, details: {} }),
      1,
    ],
  ])('%s prints exactly one object and its exit code', async (_, thrown, exit) => {
    const fail = (): Promise<never> =>
      new Promise((_resolve, reject) => {
        reject(thrown as Error);
      });
    const run = await runWith(['profile', '--json'], { operations: { profile: fail } });
    expect(run.code).toBe(exit);
    const envelope = read(run.stdout);
    expect([envelope.ok, envelope.result]).toEqual([false, null]);
    expect(run.stdout.trimEnd().split('\n')).toHaveLength(1);
  });
});

describe('the width of text', () => {
  it.each([
    ['abc', 3],
    ['', 0],
    ['漢字', 4],
    ['ｱ', 1],
    ['한국', 4],
    ['Ａ', 2],
    ['🎬', 2],
    // beyond the basic plane: CJK extension B
    ['𠮷', 2],
    ['𠮷野家', 6],
    // one letter and its accent
    ['e\u0301', 1],
    ['नमस्ते'.normalize(), 4],
  ])('of %j is %d columns', (text, width) => expect(displayWidth(text)).toBe(width));

  it('decides where a text is cut: never in the middle of a wide letter', () => {
    expect(truncate('𠮷野家', 4)).toBe('𠮷…');
    expect(truncate('𠮷野家', 5)).toBe('𠮷野…');
    expect(truncate('𠮷野家', 6)).toBe('𠮷野家');
    expect(truncate('abc', 0)).toBe('');
  });

  it('aligns tables whatever the script', () => {
    const lines = formatTable(
      [{ title: 'column' }, { title: 'n', align: 'right' }],
      [
        ['𠮷野家', '1'],
        ['plain', '1234'],
        ['e\u0301te\u0301', '22'],
        ['emoji 🎬', '3'],
      ],
    );
    const ends = lines.map((line) => displayWidth(line));
    expect(new Set(ends).size).toBe(1);
    for (const line of lines) expect(line).toBe(line.trimEnd());
  });
});
