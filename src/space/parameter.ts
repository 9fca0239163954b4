/** Active only when another parameter of the space has one of the values. */
export interface Condition {
  readonly parameter: string;
  readonly in: readonly (string | number | boolean)[];
}

interface Common {
  readonly when?: Condition;
  /** One line for people: what it changes. */
  readonly about?: string;
}

/** Unordered choice. A boolean is a categorical of [false, true]. */
export interface CategoricalParameter extends Common {
  readonly kind: 'categorical';
  readonly values: readonly (string | number | boolean)[];
  /** how often each value is drawn, relative to the others; equally often when left out */
  readonly weights?: readonly number[];
  readonly default: string | number | boolean;
}

/** Choice among values with an order (sizes such as "400x400", strengths): neighbours are near. */
export interface OrderedParameter extends Common {
  readonly kind: 'ordered';
  readonly values: readonly (string | number)[];
  readonly default: string | number;
}

/** Integer in [min, max]; on a log scale when `log`. */
export interface IntegerParameter extends Common {
  readonly kind: 'integer';
  readonly min: number;
  readonly max: number;
  readonly log?: boolean;
  readonly default: number;
}

/** Real number in [min, max]; on a log scale when `log` (min > 0). */
export interface FloatParameter extends Common {
  readonly kind: 'float';
  readonly min: number;
  readonly max: number;
  readonly log?: boolean;
  readonly default: number;
}

export type Parameter = CategoricalParameter | OrderedParameter | IntegerParameter | FloatParameter;

/** Parameter name → parameter. Order of insertion is the canonical order. */
export type Space = Readonly<Record<string, Parameter>>;
