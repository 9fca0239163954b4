import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, Rng, sha256 } from '../../src/platform/index.js';

/** Any JSON value, with hostile member names; once through text, because JSON cannot say -0. */
const json = fc.jsonValue({ maxDepth: 4 }).map((value): unknown => JSON.parse(JSON.stringify(value)));

/** The same value with the members of every object in another order. */
function reordered(value: unknown, rng: Rng): unknown {
  if (Array.isArray(value)) return value.map((member) => reordered(member, rng));
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).map(([name, member]) => [name, reordered(member, rng)] as const);
  return Object.fromEntries(rng.shuffle(members));
}

describe('sha256', () => {
  it('gives the digests of the standard (FIPS 180-2, appendix B)', () => {
    expect(sha256('')).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
    expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
    expect(sha256('abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq')).toBe(
      '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1',
    );
  });

  it('hashes text as its UTF-8 bytes', () => {
    expect(sha256('Ünïcode 漢字 🎬')).toBe(sha256(new TextEncoder().encode('Ünïcode 漢字 🎬')));
    expect(sha256('é')).not.toBe(sha256('e\u0301'));
  });

  it('reads only the window of a typed array, not its whole buffer', () => {
    const bytes = Uint8Array.of(1, 2, 3, 4, 5);
    expect(sha256(bytes.subarray(1, 3))).toBe(sha256(Uint8Array.of(2, 3)));
    expect(sha256(bytes.subarray(1, 3))).not.toBe(sha256(bytes));
  });
});

describe('canonicalJson', () => {
  it('is JSON of the same value', () => {
    fc.assert(
      fc.property(json, (value) => {
        expect(JSON.parse(canonicalJson(value))).toEqual(value);
      }),
    );
  });

  it('is blind to the order of members, at every depth', () => {
    fc.assert(
      fc.property(json, fc.integer(), (value, seed) => {
        expect(canonicalJson(reordered(value, new Rng(seed)))).toBe(canonicalJson(value));
      }),
    );
  });

  it('differs where values differ', () => {
    expect(canonicalJson([1, 2])).not.toBe(canonicalJson([2, 1]));
    expect(canonicalJson({ a: [1], b: 2 })).not.toBe(canonicalJson({ a: [1, 2] }));
    expect(canonicalJson('1')).not.toBe(canonicalJson(1));
  });

  it.each([
    [{ b: 1, a: { d: null, c: [true, 'x'] } }, '{"a":{"c":[true,"x"],"d":null},"b":1}'],
    [{ b: undefined, a: 1 }, '{"a":1}'],
    [[undefined, 1], '[null,1]'],
    [-0, '0'],
    [1e21, '1e+21'],
    [0.1 + 0.2, '0.30000000000000004'],
    ['\u2028"\\\n', '"\u2028\\"\\\\\\n"'],
    ['\ud800', '"\\ud800"'],
    [JSON.parse('{"__proto__": 1, "constructor": 2}'), '{"__proto__":1,"constructor":2}'],
    // members go by UTF-16 code units, in no locale: Z before a before é
    [{ é: 1, a: 2, Z: 3 }, '{"Z":3,"a":2,"é":1}'],
    [{ 10: 'x', 9: 'y' }, '{"10":"x","9":"y"}'],
  ])('writes %j as %s', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it.each([
    ['NaN', Number.NaN],
    ['infinity', Number.POSITIVE_INFINITY],
    ['minus infinity', Number.NEGATIVE_INFINITY],
    ['a big integer', 1n],
    ['a function', () => 1],
    ['a symbol', Symbol('x')],
    ['undefined', undefined],
    // these would all read {} and so hash alike, whatever they hold
    ['a map', new Map([['a', 1]])],
    ['a set', new Set([1])],
    ['a date', new Date(0)],
    ['a typed array', Float32Array.of(1)],
  ])('refuses %s, at the top and inside', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(TypeError);
    expect(() => canonicalJson({ inside: [{ value: value ?? Number.NaN }] })).toThrow(TypeError);
  });

  it('writes a hole of an array as null, like JSON', () => {
    const sparse: unknown[] = [];
    sparse[2] = 1;
    expect(canonicalJson(sparse)).toBe('[null,null,1]');
  });
});
