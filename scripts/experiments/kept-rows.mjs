import { existsSync, readFileSync } from 'node:fs';

/** Rows that earlier calls kept as JSON lines; a line that a kill cut off is left out. */
export const keptRows = (path) =>
  existsSync(path)
    ? readFileSync(path, 'utf8')
        .split('\n')
        .filter((line) => line.endsWith('}'))
        .map((line) => JSON.parse(line))
    : [];
