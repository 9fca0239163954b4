import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { runWith } from '../fake-host.js';

const folder = mkdtempSync(join(tmpdir(), 'demo-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('demo online', () => {
  it('writes the page into its folder, which it may empty again, and says what came out', async () => {
    const out = join(folder, 'online');
    for (let time = 0; time < 2; time += 1) {
      const { stdout, code, calls } = await runWith(['demo', 'online', '--out', out, '--users', '50']);
      expect(code).toBe(0);
      expect(calls[0].options).toMatchObject({ dir: out, users: 50, seed: 11 });
      expect(readFileSync(join(out, 'online.html'), 'utf8')).toBe('<html></html>');
      expect(stdout).toContain('KEEP after 2.5 days, 1200 of 2400 people treated');
      expect(stdout).toMatch(/clicks +success +\+51\.2 % +\+31\.0 % … \+72\.0 % +\+49\.8 % ± 1\.3 %/);
      expect(stdout).toMatch(/likes +guardrail +— +— +−2\.0 %/);
    }
  });

  it('empties no folder of somebody else', async () => {
    writeFileSync(join(folder, 'mine.txt'), 'mine');
    const { code, stderr } = await runWith(['demo', 'online', '--out', folder]);
    expect(code).toBe(5);
    expect(stderr).toContain('holds something that is not of this command');
    expect(existsSync(join(folder, 'mine.txt'))).toBe(true);
  });
});
