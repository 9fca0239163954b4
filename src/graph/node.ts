import { formatShape, type Dim, type Shape } from './dims.js';
import type { DType, TensorData } from './dtype.js';
import type { Graph } from './graph.js';
import type { Origin } from './source-line.js';

export interface TensorType {
  readonly shape: Shape;
  readonly dtype: DType;
}

export type Attribute = number | string | boolean | readonly Dim[];
export type Attributes = Readonly<Record<string, Attribute>>;

/** A tensor of a graph: the first output of one operation. Handles are light and belong to exactly one graph. */
export class Node {
  constructor(
    readonly graph: Graph,
    /** position in the graph; inputs always have a smaller id */
    readonly id: number,
    readonly op: string,
    readonly inputs: readonly Node[],
    readonly attrs: Attributes,
    /** types of all outputs; operations with several are read through `part` nodes */
    readonly outputs: readonly TensorType[],
    /** the name that the model gave (inputs, parameters, states), else op#id */
    readonly name: string,
    private readonly origin: Origin,
    /** contents of a constant */
    readonly data: TensorData | undefined,
  ) {}

  get shape(): Shape {
    return this.outputs[0].shape;
  }

  get dtype(): DType {
    return this.outputs[0].dtype;
  }

  get rank(): number {
    return this.outputs[0].shape.length;
  }

  /** "file:line:column" of the model code that made the node. */
  get source(): string {
    return this.origin.line;
  }

  toString(): string {
    return `${this.name} ${formatShape(this.shape)}`;
  }
}

/** What an operation accepts where a tensor is meant: numbers become scalars of the other operand's type. */
export type Operand = Node | number;
