/** Preparing a row and updating its embeddings, and a core's rate of arithmetic: orders of magnitude from bench/training. */
const secondsPerRow = 4e-6;
const flopsPerSecond = 5e10;
/** Forward once, backward about twice. */
const passes = 3;

/**
 * What a training took, in seconds of a core that is the same everywhere: rows through the tables and arithmetic of the
 * graph. Measured seconds differ between equal runs, and so would everything that is decided by them.
 * @param cost samples count from the start of the training, lower rungs included
 * @param rung the one that was trained to
 */
export function trainingWork(
  cost: { readonly samples: number; readonly flopsPerSample: number },
  rung: number,
  rungs: readonly number[],
): number {
  const ownShare = rung === 0 ? 1 : 1 - rungs[rung - 1] / rungs[rung];
  return ownShare * cost.samples * (secondsPerRow + (passes * cost.flopsPerSample) / flopsPerSecond);
}
