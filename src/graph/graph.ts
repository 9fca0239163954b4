import { AutoModelError, sha256 } from '../platform/index.js';
import { writableAttributes } from './attributes.js';
import { canonicalDim, elementCount, formatShape, type Dim, type Shape } from './dims.js';
import { tensorData, type DType, type TensorData } from './dtype.js';
import type { Initializer } from './initializers.js';
import { Node, type Attributes, type TensorType } from './node.js';
import { opEntry } from './registry.js';
import { failShape } from './shape-error.js';
import { Origin } from './source-line.js';

/** What an input is for; the trainer feeds each role differently. */
export type InputRole =
  | 'data'
  | 'label'
  | 'embedding-rows'
  | 'mask'
  | 'dropout-mask'
  | 'parameter'
  | 'optimizer-state'
  | 'state'
  | 'control';

export interface GraphInput {
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  readonly role: InputRole;
  readonly node: Node;
}

export interface GraphParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  /** whether weight decay applies */
  readonly decay: boolean;
  readonly node: Node;
}

/** A running statistic: read as a node, replaced after each training step by the node assigned to it. */
export interface GraphState {
  readonly name: string;
  readonly shape: readonly number[];
  /** every element starts with this value */
  readonly initial: number;
  readonly node: Node;
}

/** A hidden input that holds 0 or 1/(1-rate) per element; see `fillDropoutMask`. */
export interface DropoutMask {
  readonly name: string;
  readonly shape: Shape;
  readonly rate: number;
  /** stream of random numbers that belongs to this mask */
  readonly key: number;
  readonly node: Node;
}

/** Plain numbers, nested lists or a typed array with its shape. */
export type ConstantValue =
  | number
  | readonly number[]
  | readonly (readonly number[])[]
  | { readonly data: ArrayLike<number>; readonly shape: readonly number[] };

export interface GraphOptions {
  /** 'train': dropout and batch statistics are active; 'infer': the graph that is served */
  readonly mode: 'train' | 'infer';
  readonly name?: string;
  /** default seed of initial parameters */
  readonly seed?: number;
}

interface NodeExtras {
  readonly name?: string;
  readonly data?: TensorData;
}

/**
 * A typed tensor graph under construction. Operations are free functions over nodes; equal operations on equal inputs
 * are one node, so common subexpressions never exist twice.
 */
export class Graph {
  readonly mode: 'train' | 'infer';
  readonly name: string;
  readonly seed: number;
  readonly nodes: Node[] = [];
  readonly inputs = new Map<string, GraphInput>();
  readonly parameters = new Map<string, GraphParameter>();
  readonly states = new Map<string, GraphState>();
  readonly assignments = new Map<string, Node>();
  readonly outputs = new Map<string, Node>();
  readonly dropoutMasks: DropoutMask[] = [];
  private readonly known = new Map<string, Node>();

  constructor(options: GraphOptions) {
    this.mode = options.mode;
    this.name = options.name ?? 'graph';
    this.seed = options.seed ?? 0;
  }

  /** A tensor that the caller feeds at every run. */
  input(name: string, shape: Shape, dtype: DType = 'float32', role: InputRole = 'data'): Node {
    this.claim(name);
    const canonical = shape.map(canonicalDim);
    const node = this.add('input', [], { name, shape: canonical, dtype, role }, { name });
    this.inputs.set(name, { name, shape: canonical, dtype, role, node });
    return node;
  }

  /** A dense float32 weight. Its dimensions are numbers. */
  parameter(
    name: string,
    shape: readonly number[],
    initializer: Initializer,
    options: { readonly decay?: boolean } = {},
  ): Node {
    this.claim(name);
    const node = this.add('parameter', [], { name, shape, dtype: 'float32' }, { name });
    this.parameters.set(name, { name, shape, initializer, decay: options.decay ?? true, node });
    return node;
  }

  /** A float32 running statistic that starts at `initial` everywhere. */
  state(name: string, shape: readonly number[], initial: number): Node {
    this.claim(name);
    const node = this.add('state', [], { name, shape, dtype: 'float32' }, { name });
    this.states.set(name, { name, shape, initial, node });
    return node;
  }

  /** The value that `state` takes after a training step. */
  assign(state: Node, value: Node): void {
    if (state.op !== 'state' || state.graph !== this) {
      throw new AutoModelError('GRAPH_INVALID', `${state.name} is not a state of graph "${this.name}"`);
    }
    if (formatShape(state.shape) !== formatShape(value.shape)) {
      throw new AutoModelError('SHAPE_MISMATCH', `state ${state} cannot take ${value}`, {
        details: { state: state.shape, value: value.shape },
      });
    }
    this.assignments.set(state.name, value);
  }

  /** A constant tensor; float32 unless `dtype` says otherwise. */
  constant(value: ConstantValue, dtype: DType = 'float32'): Node {
    const { data, shape } = flatten(value);
    if (data.length !== Number(elementCount(shape))) {
      throw new AutoModelError(
        'SHAPE_MISMATCH',
        `constant of ${data.length} values cannot have shape ${formatShape(shape)}`,
      );
    }
    const contents = tensorData(dtype, data);
    const digest = sha256(Buffer.from(contents.buffer, contents.byteOffset, contents.byteLength));
    return this.add('constant', [], { shape, dtype, digest }, { data: contents });
  }

  /** Names a result of the graph. */
  output(name: string, node: Node): void {
    if (node.graph !== this)
      throw new AutoModelError('GRAPH_INVALID', `output "${name}" belongs to another graph`);
    this.outputs.set(name, node);
  }

  /** Registers a dropout mask of `shape`; in the order of the calls, so equal models have equal masks. */
  dropoutMask(shape: Shape, rate: number): Node {
    const key = this.dropoutMasks.length;
    const name = `dropout_mask_${key}`;
    const node = this.input(name, shape, 'float32', 'dropout-mask');
    this.dropoutMasks.push({ name, shape: node.shape, rate, key, node });
    return node;
  }

  /** Appends an operation, or returns the equal one that exists. The free functions call this; models need not. */
  add(op: string, inputs: readonly Node[], attrs: Attributes, extras: NodeExtras = {}): Node {
    const key = keyOf(op, inputs, attrs);
    const existing = this.known.get(key);
    if (existing !== undefined) return existing;
    const origin = new Origin();
    const id = this.nodes.length;
    const name = extras.name ?? `${op}#${id}`;
    const stranger = inputs.find((node) => node.graph !== this);
    if (stranger !== undefined) {
      throw new AutoModelError(
        'GRAPH_INVALID',
        `${name} takes ${stranger.name}, which belongs to another graph (${origin.line})`,
      );
    }
    const types: readonly TensorType[] = inputs.map((node) => ({ shape: node.shape, dtype: node.dtype }));
    const fail = (reason: string): never => failShape(op, inputs, reason, name, origin.line);
    const outputs =
      op === 'part' ? [inputs[0].outputs[Number(attrs.index)]] : opEntry(op).infer(types, attrs, fail);
    const node = new Node(this, id, op, inputs, attrs, outputs, name, origin, extras.data);
    this.nodes.push(node);
    this.known.set(key, node);
    return node;
  }

  /** The operation, when the graph has it already. */
  find(op: string, inputs: readonly Node[], attrs: Attributes): Node | undefined {
    return this.known.get(keyOf(op, inputs, attrs));
  }

  private claim(name: string): void {
    if (this.inputs.has(name) || this.parameters.has(name) || this.states.has(name)) {
      throw new AutoModelError(
        'GRAPH_INVALID',
        `the name "${name}" is used twice in graph "${this.name}" (${new Origin().line})`,
        {
          remedy: 'Give every input, parameter and state its own name.',
          details: { name },
        },
      );
    }
  }
}

function keyOf(op: string, inputs: readonly Node[], attrs: Attributes): string {
  return `${op}(${inputs.map((node) => node.id).join()})${JSON.stringify(writableAttributes(attrs))}`;
}

function flatten(value: ConstantValue): { data: ArrayLike<number>; shape: readonly Dim[] } {
  if (typeof value === 'number') return { data: [value], shape: [] };
  if ('data' in value) return { data: value.data, shape: value.shape };
  if (value.length > 0 && typeof value[0] !== 'number') {
    const rows = value as readonly (readonly number[])[];
    const odd = rows.find((row) => row.length !== rows[0].length);
    if (odd !== undefined) {
      throw new AutoModelError(
        'SHAPE_MISMATCH',
        `a constant cannot have rows of ${rows[0].length} and of ${odd.length} values`,
      );
    }
    return { data: rows.flat(), shape: [rows.length, rows[0].length] };
  }
  return { data: value as readonly number[], shape: [value.length] };
}
