import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AutoModelError, exitCodeOf } from '../../src/platform/index.js';
import { isErrorCode } from '../../src/platform/errors.js';

const text = readFileSync('docs/faults.md', 'utf8');
/** Cells of the rows of all tables, without their heads. */
const rows = text
  .split('\n')
  .filter((line) => /^\| (?!what happens|---)/.test(line))
  .map((line) => line.slice(1, -1).split('|'));

describe('docs/faults.md', () => {
  it('names tests that there are, in every row that claims something', () => {
    expect(rows.length).toBeGreaterThan(30);
    const without: string[] = [];
    for (const cells of rows) {
      const named = [...cells[cells.length - 1].matchAll(/`([a-z-]+\/[a-z/-]+)`/g)].map(([, path]) => path);
      if (named.length === 0) without.push(cells[0].trim());
      for (const path of named)
        expect(
          existsSync(`test/${path}.test.ts`) || existsSync(`test/${path}.ts`),
          `${cells[0].trim()}: test/${path}`,
        ).toBe(true);
    }
    // Said to be so, and not defended.
    expect(without).toEqual(['artefacts were made under different clocks']);
  });

  it('names codes that there are, with their exit codes', () => {
    const named = [...text.matchAll(/`([A-Z][A-Z_]{4,})`(?: \((\d+)\))?/g)].filter(
      ([, code]) => code !== 'SIGKILL',
    );
    expect(named.length).toBeGreaterThan(20);
    for (const [, code, exitCode] of named) {
      expect(isErrorCode(code), code).toBe(true);
      if (!isErrorCode(code) || exitCode === undefined) continue;
      expect(`${code} ${exitCode}`).toBe(`${code} ${exitCodeOf(new AutoModelError(code, ''))}`);
    }
  });

  it('leaves out no fault of the environment', () => {
    const ofTheEnvironment = [
      'DISK_FULL',
      'PATH_NOT_WRITABLE',
      'NATIVE_MODULE',
      'PROJECT_LOCKED',
      'WORKER_LOST',
      'TRIAL_TIMEOUT',
      'OUT_OF_MEMORY',
      'INTERRUPTED',
      'JOURNAL_CORRUPT',
      'ARTEFACT_CORRUPT',
    ];
    for (const code of ofTheEnvironment) expect(text).toContain(`\`${code}\``);
  });
});
