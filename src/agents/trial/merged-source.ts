import type { CtrBlock, CtrSource } from '../../schema/index.js';

/**
 * Two splits read as one, for the refit on train + validation. Blocks are passed through untouched, so nothing is
 * copied; the name stays that of the first split.
 */
export function mergedSource(first: CtrSource, second: CtrSource): CtrSource {
  const starts = [
    ...first.blockStarts.slice(0, first.blockCount),
    ...second.blockStarts.map((start) => first.rows + start),
  ];
  return {
    name: first.name,
    rows: first.rows + second.rows,
    blockCount: first.blockCount + second.blockCount,
    blockStarts: starts,
    block(index: number): CtrBlock {
      return index < first.blockCount ? first.block(index) : second.block(index - first.blockCount);
    },
  };
}
