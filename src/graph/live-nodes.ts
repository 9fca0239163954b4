import type { Node } from './node.js';

/** The nodes that `outputs` depend on, in topological order. */
export function liveNodes(outputs: Iterable<Node>): Node[] {
  const live = new Set<Node>();
  const open = [...outputs];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (live.has(node)) continue;
    live.add(node);
    open.push(...node.inputs);
  }
  return [...live].sort((a, b) => a.id - b.id);
}
