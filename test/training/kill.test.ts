import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const script = join(import.meta.dirname, 'fixtures', 'train-in-process.mjs');

/** Runs the training; when `kill` is given, SIGKILLs it once it says so. Resolves with what it printed. */
function run(path: string, kill?: () => boolean): Promise<{ killed: boolean; text: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script, path, '6'], { stdio: ['ignore', 'pipe', 'pipe'] });
    let text = '';
    let complaints = '';
    child.stdout.on('data', (chunk) => (text += String(chunk)));
    child.stderr.on('data', (chunk) => (complaints += String(chunk)));
    const watch = setInterval(() => {
      if (kill?.() === true) child.kill('SIGKILL');
    }, 2);
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      if (code === 0 || signal === 'SIGKILL') resolve({ killed: signal === 'SIGKILL', text });
      else reject(new Error(complaints));
    });
  });
}

it('a killed process resumes to the bits of an uninterrupted one', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kill-'));
  const whole = await run(join(folder, 'whole'));
  expect(whole.text).toMatch(/^[0-9a-f]{64}\n$/);
  const path = join(folder, 'killed');
  let kills = 0;
  // Killed at its first checkpoint, then whenever the checkpoint was written again, then left alone.
  for (let attempt = 0; attempt < 4; attempt += 1) {
    const before = existsSync(path) ? statSync(path).mtimeMs : 0;
    const { killed, text } = await run(
      path,
      attempt < 3 ? () => existsSync(path) && statSync(path).mtimeMs > before : undefined,
    );
    if (killed) kills += 1;
    else expect(text).toBe(whole.text);
  }
  expect(kills).toBeGreaterThan(0);
  expect(readdirSync(folder).filter((name) => !name.includes('.part'))).toEqual(['killed', 'whole']);
}, 60_000);
