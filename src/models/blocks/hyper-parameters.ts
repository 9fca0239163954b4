import { AutoModelError } from '../../platform/index.js';
import type { HyperParameters } from '../../graph/index.js';
import type {
  CategoricalParameter,
  Condition,
  FloatParameter,
  IntegerParameter,
  OrderedParameter,
  Space,
} from '../../space/index.js';

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

type Limits = readonly [min: number, max: number];
interface When {
  readonly when?: Condition;
}
interface Scale extends When {
  readonly log?: boolean;
}

export const choice = (
  values: CategoricalParameter['values'],
  initial: string | number | boolean,
  about: string,
  more: When = {},
): CategoricalParameter => ({ kind: 'categorical', values, default: initial, about, ...more });

export const ordered = (
  values: OrderedParameter['values'],
  initial: string | number,
  about: string,
  more: When = {},
): OrderedParameter => ({ kind: 'ordered', values, default: initial, about, ...more });

export const integer = (
  [min, max]: Limits,
  initial: number,
  about: string,
  more: Scale = {},
): IntegerParameter => ({ kind: 'integer', min, max, default: initial, about, ...more });

export const float = (
  [min, max]: Limits,
  initial: number,
  about: string,
  more: Scale = {},
): FloatParameter => ({ kind: 'float', min, max, default: initial, about, ...more });

export const flag = (initial: boolean, about: string): CategoricalParameter =>
  choice([false, true], initial, about);

/** Size of one field's embedding. Small logs want small vectors: an id that is seen ten times cannot fill 32 numbers. */
export const embeddingDim = ordered([4, 8, 16, 32], 8, 'numbers per embedded value');

export const towerWidths = (initial = '128x64'): OrderedParameter =>
  ordered(
    ['32', '64x32', '128x64', '256x128', '400x400', '400x400x400'],
    initial,
    'widths of the hidden layers',
  );

export const towerActivation = choice(['relu', 'prelu', 'dice'], 'prelu', 'activation of the tower');

export const dropoutRate = float([0, 0.6], 0.2, 'share of hidden units that are dropped while training');

export const batchNormFlag = flag(false, 'batch normalisation before each activation of the tower');

export const usesHistory = flag(
  true,
  'mean-pool the behaviour sequences into the features (no effect without sequences)',
);
