import { AutoModelError } from '../../platform/index.js';
import type { HyperParameters } from '../../graph/index.js';
import type { CategoricalParameter, FloatParameter, OrderedParameter, Space } from '../../space/index.js';

/** Typed reading of one model's hyper-parameters; asking for a name that is not in its space does not compile. */
export interface HyperParameterReader<S extends Space> {
  number(name: keyof S & string): number;
  text(name: keyof S & string): string;
  flag(name: keyof S & string): boolean;
  /** layer widths such as "128x64" → [128, 64]; "none" → [] */
  widths(name: keyof S & string): readonly number[];
}

/**
 * Reads `hp` under the rule that every active parameter of the space has a value of the right type. Values outside the
 * searched range are allowed (a person may ask for them); missing or mistyped ones are CONFIG_INVALID.
 */
export function readHyperParameters<S extends Space>(
  model: string,
  space: S,
  hp: HyperParameters,
): HyperParameterReader<S> {
  const read = <T>(name: string, wanted: string, accept: (value: unknown) => value is T): T => {
    const value: unknown = hp[name];
    if (accept(value)) return value;
    const found = value === undefined ? 'it is missing' : `it is ${JSON.stringify(value)}`;
    throw new AutoModelError(
      'CONFIG_INVALID',
      `hyper-parameter ${model}.${name} must be ${wanted}, but ${found}`,
      {
        remedy: `Give --hp ${name}=${String(space[name]?.default)} or another value of its space.`,
        details: { model, parameter: name, value },
      },
    );
  };
  return {
    number: (name) => read(name, 'a finite number', isFiniteNumber),
    text: (name) => read(name, 'a string', isText),
    flag: (name) => read(name, 'true or false', isFlag),
    widths: (name) => {
      const text = read(name, 'layer widths such as "128x64"', isWidths);
      return text === 'none' ? [] : text.split('x').map(Number);
    },
  };
}

const isFiniteNumber = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isFlag = (value: unknown): value is boolean => typeof value === 'boolean';

function isWidths(value: unknown): value is string {
  return value === 'none' || (typeof value === 'string' && /^[1-9]\d{0,4}(x[1-9]\d{0,4})*$/.test(value));
}

/** Size of one field's embedding. Small logs want small vectors: an id that is seen ten times cannot fill 32 numbers. */
export const embeddingDim = (defaultDim: 4 | 8 | 16 | 32): OrderedParameter => ({
  kind: 'ordered',
  values: [4, 8, 16, 32],
  default: defaultDim,
  about: 'numbers per embedded value',
});

/** Widths of the hidden layers of a tower, from small to large. */
export const towerWidths = (defaultWidths: string): OrderedParameter => ({
  kind: 'ordered',
  values: ['32', '64x32', '128x64', '256x128', '400x400', '400x400x400'],
  default: defaultWidths,
  about: 'widths of the hidden layers',
});

export const dropoutRate = (defaultRate: number): FloatParameter => ({
  kind: 'float',
  min: 0,
  max: 0.6,
  default: defaultRate,
  about: 'share of hidden units that are dropped while training',
});

export const choice = (
  values: readonly (string | number | boolean)[],
  defaultValue: string | number | boolean,
  about: string,
): CategoricalParameter => ({ kind: 'categorical', values, default: defaultValue, about });

export const batchNormFlag = (defaultFlag: boolean): CategoricalParameter =>
  choice([false, true], defaultFlag, 'batch normalisation before each activation of the tower');

export const historyFlag = (defaultFlag: boolean): CategoricalParameter =>
  choice(
    [false, true],
    defaultFlag,
    'mean-pool the behaviour sequences into the features (no effect without sequences)',
  );
