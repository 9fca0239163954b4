import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { linesDir, readLines } from '../../scripts/search-tables/lines.mjs';
import { tableConfigurations } from '../../scripts/search-tables/table-space.mjs';
import { hashAssignment, validate, type Assignment, type Space } from '../../src/space/index.js';

let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'search-tables-'));
});
afterEach(() => rmSync(work, { recursive: true, force: true }));

describe('the lines of shards', () => {
  it('are joined over any number of files; a line that a kill cut short is not there', () => {
    expect(readLines(work, 'set').size).toBe(0);
    mkdirSync(linesDir(work, 'set'), { recursive: true });
    const line = (c: number, s: number) => JSON.stringify({ c, s, search: [0.5, 0.6], seconds: 1 });
    writeFileSync(
      join(linesDir(work, 'set'), '1-of-2.jsonl'),
      `${line(0, 0)}\n${line(0, 1)}\n{"c":0,"s":2,"sea`,
    );
    writeFileSync(join(linesDir(work, 'set'), '2-of-2.jsonl'), `${line(1, 0)}\n`);
    expect([...readLines(work, 'set').keys()].sort()).toEqual(['0/0', '0/1', '1/0']);
  });
});

describe.each(['ml-100k', 'kuairand-pure', 'criteo-80k'])('the table of %s', (id) => {
  const table: {
    readonly space: Space;
    readonly seeds: number;
    readonly rungs: readonly number[];
    readonly rows: { readonly train: number };
    readonly configurations: readonly {
      readonly assignment: Assignment;
      readonly search: readonly (readonly number[] | null)[];
    }[];
  } = JSON.parse(readFileSync(new URL(`../../bench/search/tables/${id}.json`, import.meta.url), 'utf8'));

  it('holds distinct, valid configurations of its space, drawn as the script draws them', () => {
    const hashes = table.configurations.map(({ assignment }) => {
      validate(table.space, assignment);
      return hashAssignment(table.space, assignment);
    });
    expect(new Set(hashes).size).toBe(hashes.length);
    expect(hashes.length).toBeGreaterThan(200);
    const drawn = tableConfigurations(table.space, id).map((assignment: Assignment) =>
      hashAssignment(table.space, assignment),
    );
    expect(drawn.length).toBe(256);
    for (const hash of hashes) expect(drawn).toContain(hash);
  });

  it('holds a score for every seed and rung that never falls with training, and no more rows than promised', () => {
    expect(table.rows.train).toBeLessThanOrEqual(20_000);
    for (const { search } of table.configurations) {
      expect(search.length).toBe(table.seeds);
      for (const scores of search) {
        if (scores === null) continue;
        expect(scores.length).toBe(table.rungs.length);
        expect([...scores].sort((a, b) => a - b)).toEqual(scores);
        for (const score of scores) expect(score > 0 && score < 1).toBe(true);
      }
    }
  });
});
