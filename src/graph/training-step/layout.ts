import { full } from '../functions/index.js';
import type { Graph } from '../graph.js';
import { initialize, type Initializer } from '../initializers.js';
import type { Node } from '../node.js';

/** Where a parameter lies in the flat vector, in elements. */
export interface ParameterSlot {
  readonly name: string;
  readonly shape: readonly number[];
  readonly offset: number;
  readonly size: number;
  readonly decay: boolean;
  readonly initializer: Initializer;
}

/** All dense parameters of a model in one float32 vector, in the order in which the model declared them. */
export interface ParameterLayout {
  readonly parameters: readonly ParameterSlot[];
  readonly flatSize: number;
}

export function layoutOf(graph: Graph): ParameterLayout {
  let offset = 0;
  const parameters = [...graph.parameters.values()].map(
    ({ name, shape, decay, initializer }): ParameterSlot => {
      const size = shape.reduce((product, dim) => product * dim, 1);
      offset += size;
      return { name, shape, offset: offset - size, size, decay, initializer };
    },
  );
  return { parameters, flatSize: offset };
}

/** Starting values of the flat vector: a function of (seed, parameter names). */
export function initialParameters(layout: ParameterLayout, seed: number): Float32Array {
  const flat = new Float32Array(layout.flatSize);
  for (const { name, shape, offset, size, initializer } of layout.parameters) {
    initialize(flat.subarray(offset, offset + size), shape, initializer, seed, name);
  }
  return flat;
}

/** The parameters of a flat vector by name, without copying; what `lower` takes as constants. */
export function parameterViews(layout: ParameterLayout, flat: Float32Array): Map<string, Float32Array> {
  return new Map(
    layout.parameters.map(({ name, offset, size }) => [name, flat.subarray(offset, offset + size)]),
  );
}

/** 1 where weight decay applies: a scalar when it applies everywhere, undefined when it applies nowhere. */
export function decayMask(graph: Graph, layout: ParameterLayout): Node | undefined {
  if (layout.parameters.every((slot) => slot.decay)) return full(graph, [], 1);
  if (layout.parameters.every((slot) => !slot.decay)) return undefined;
  const data = new Float32Array(layout.flatSize);
  for (const { offset, size, decay } of layout.parameters) data.fill(decay ? 1 : 0, offset, offset + size);
  return graph.constant({ data, shape: [layout.flatSize] });
}
