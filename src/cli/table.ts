import { displayWidth, plainStyle, printable, type Style } from './text.js';

export interface Column {
  readonly title: string;
  readonly align?: 'left' | 'right';
}

/**
 * Lines of a table with aligned columns, a rule below the titles, and no trailing spaces. Cells are made printable
 * here, so that no caller can forget it.
 */
export function formatTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  style: Style = plainStyle,
): string[] {
  const cells = rows.map((row) => columns.map((_, index) => printable(row[index] ?? '')));
  const titles = columns.map((column) => printable(column.title));
  const widths = columns.map((_, index) =>
    Math.max(displayWidth(titles[index]), ...cells.map((row) => displayWidth(row[index]))),
  );
  const lay = (row: readonly string[]): string =>
    row
      .map((cell, index) => {
        const filler = ' '.repeat(widths[index] - displayWidth(cell));
        return columns[index].align === 'right' ? filler + cell : cell + filler;
      })
      .join('  ')
      .trimEnd();
  return [style.strong(lay(titles)), widths.map((width) => '─'.repeat(width)).join('  '), ...cells.map(lay)];
}
