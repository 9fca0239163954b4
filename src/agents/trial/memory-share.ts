/** Share of the machine's memory that all trials together may take. */
const memoryShare = 0.8;
/** What a training needs, however small the machine. */
const leastMemoryMb = 512;

/** MiB that one of so many trials at once may take, where nobody set a limit. */
export function memoryShareMb(workers: number, machineMemoryMb: number): number {
  return Math.max(leastMemoryMb, Math.floor((memoryShare * machineMemoryMb) / workers));
}
