import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { replaceJson } from '../../../src/agents/project/replace-json.js';
import type { Warning } from '../../../src/schema/index.js';
import { removeFolder, temporaryFolder } from '../tiny-project.js';

const folder = temporaryFolder();
afterAll(() => removeFolder(folder));

describe('replaceJson', () => {
  it('keeps what it replaces, and says so; what is the same is left alone', () => {
    const path = join(folder, 'plan.json');
    const warnings: Warning[] = [];
    const write = (content: unknown): void => replaceJson(path, content, (one) => void warnings.push(one));
    write({ a: 1 });
    expect(readFileSync(path, 'utf8')).toBe('{\n  "a": 1\n}\n');
    write({ a: 1 });
    expect([warnings, existsSync(`${path}.bak`)]).toEqual([[], false]);
    writeFileSync(path, '{"a":1} ');
    write({ a: 2 });
    expect(readFileSync(`${path}.bak`, 'utf8')).toBe('{"a":1} ');
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({ a: 2 });
    expect(warnings).toMatchObject([
      { code: 'CONFIG_REPLACED', message: expect.stringContaining('plan.json.bak') },
    ]);
  });
});
