// The lines that shards leave: one per training, in files that only their own process writes.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const linesDir = (work, id) => join(work, id, 'lines');

/** All trainings done so far, by "configuration/seed"; a line that a kill cut short is left out. */
export function readLines(work, id) {
  const dir = linesDir(work, id);
  const done = new Map();
  for (const file of existsSync(dir) ? readdirSync(dir).sort() : []) {
    for (const text of readFileSync(join(dir, file), 'utf8').split('\n')) {
      let line;
      try {
        line = JSON.parse(text);
      } catch {
        continue;
      }
      done.set(`${line.c}/${line.s}`, line);
    }
  }
  return done;
}
