// Runs the same models in PyTorch, when a Python that has it is found.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { BATCH, DIM, HISTORY, SEQUENCES, VOCABULARIES } from './cases.mjs';

const script = join(dirname(fileURLToPath(import.meta.url)), 'torch_peer.py');

/** { version, rows } of the peer, or why there is none. */
export function runPeer({ python, cases, threads, steps }) {
  const probe = spawnSync(python, ['-c', 'import torch'], { encoding: 'utf8' });
  if (probe.status !== 0) return { reason: `${python} has no PyTorch` };
  const input = JSON.stringify({
    cases,
    threads,
    steps,
    click: { vocabularies: VOCABULARIES, dim: DIM, history: HISTORY, batch: BATCH },
    sequences: SEQUENCES,
  });
  const run = spawnSync(python, [script], { input, encoding: 'utf8', maxBuffer: 1 << 24 });
  if (run.status !== 0)
    return { reason: `the PyTorch script failed: ${run.stderr.trim().split('\n').at(-1)}` };
  return JSON.parse(run.stdout);
}
