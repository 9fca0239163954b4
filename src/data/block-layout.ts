import { z } from 'zod';

/**
 * A block file holds its columns one after the other: doubles first, then 4-byte columns, each `rows` long, in machine
 * byte order. Offsets follow from the order of the columns and the number of rows.
 */
export const BlockColumn = z.object({
  part: z.enum(['row-id', 'user', 'label', 'extra-label', 'ids', 'begins', 'ends', 'numeric']),
  /** field or extra label it belongs to */
  field: z.string().optional(),
  type: z.enum(['f64', 'i32', 'f32']),
});
export type BlockColumn = z.infer<typeof BlockColumn>;

export const cellBytes = { f64: 8, i32: 4, f32: 4 } as const;

/** Byte offset of each column in a block of `rows` rows, and the size of the file as the last entry. */
export function columnOffsets(columns: readonly BlockColumn[], rows: number): number[] {
  const offsets = [0];
  for (const column of columns) offsets.push(offsets[offsets.length - 1] + cellBytes[column.type] * rows);
  return offsets;
}

export function isLabel(column: BlockColumn): boolean {
  return column.part === 'label' || column.part === 'extra-label';
}

/** A view on one column of a block's bytes. */
export function columnView(
  bytes: ArrayBuffer,
  columns: readonly BlockColumn[],
  rows: number,
  index: number,
): Float64Array | Int32Array | Float32Array {
  const offset = columnOffsets(columns, rows)[index];
  switch (columns[index].type) {
    case 'f64':
      return new Float64Array(bytes, offset, rows);
    case 'i32':
      return new Int32Array(bytes, offset, rows);
    case 'f32':
      return new Float32Array(bytes, offset, rows);
  }
}
