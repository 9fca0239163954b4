// npm run bench:training -- [--json] [--cases dnn,din] [--steps 20] [--intervals 6] [--threads 2] [--no-peer]
// Samples per second of training, the split of a step, and the ratio to this machine's matrix-product rate measured in
// the same run. With Python and PyTorch (AUTOMODEL_BENCH_PYTHON, else python3) the same models run beside it.
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { cases } from './cases.mjs';
import { gemmRate } from './gemm.mjs';
import { measure } from './measure.mjs';
import { runPeer } from './peer.mjs';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    cases: { type: 'string', default: cases.map(({ id }) => id).join(',') },
    steps: { type: 'string', default: '20' },
    intervals: { type: 'string', default: '6' },
    threads: { type: 'string', default: String(cpus().length) },
    'no-peer': { type: 'boolean', default: false },
  },
});
const wanted = values.cases.split(',');
const threads = Number(values.threads);
const steps = Number(values.steps);

const gemmBefore = await gemmRate(threads);
const rows = [];
for (const trial of cases.filter(({ id }) => wanted.includes(id))) {
  const slow = trial.id === 'sasrec';
  rows.push(
    await measure(trial, {
      threads,
      steps: slow ? Math.max(2, Math.round(steps / 5)) : steps,
      intervals: slow ? 4 : Number(values.intervals),
    }),
  );
}
const gemmAfter = await gemmRate(threads);
// The machine may be slower under the second measurement than under the first; the mean is the fairest single number.
const gemm = (gemmBefore + gemmAfter) / 2;
const python = process.env.AUTOMODEL_BENCH_PYTHON ?? 'python3';
const peer = values['no-peer']
  ? { reason: 'switched off' }
  : runPeer({ python, cases: wanted, threads, steps });

for (const row of rows) {
  row.shareOfGemm = row.gflops / gemm;
  const own = (peer.rows ?? []).filter(({ id }) => id === row.id);
  const dense = own.find(({ optimizer }) => optimizer === 'dense-adam');
  const best = own.toSorted((a, b) => a.stepMs - b.stepMs)[0];
  row.peer = dense && { denseAdamMs: dense.stepMs, best: best.optimizer, bestMs: best.stepMs };
}

if (values.json) {
  const machine = { processor: cpus()[0].model.trim(), cores: cpus().length, node: process.version };
  process.stdout.write(
    `${JSON.stringify({ machine, threads, gemm: [gemmBefore, gemmAfter], peer: peer.version ?? peer.reason, rows }, null, 2)}\n`,
  );
} else {
  const lines = [
    `${cpus()[0].model.trim()}, ${cpus().length} cores, ${threads} compute threads, Node ${process.version}. ` +
      `Matrix product of 1024³: ${gemmBefore.toFixed(1)} GFLOP/s before, ${gemmAfter.toFixed(1)} after.`,
    '',
    '| model | batch | samples/s | step ms | prepare | compute | update | GFLOP/s | of GEMM |',
    '| --- | --: | --: | --: | --: | --: | --: | --: | --: |',
    ...rows.map(
      (r) =>
        `| ${r.title} | ${r.batch} | ${Math.round(r.samplesPerSecond).toLocaleString('en')} | ${r.stepMs.toFixed(1)} | ${r.prepareMs.toFixed(1)} | ` +
        `${r.computeMs.toFixed(1)} | ${r.updateMs.toFixed(1)} | ${r.gflops.toFixed(1)} | ${(100 * r.shareOfGemm).toFixed(0)} % |`,
    ),
    '',
    'Prepare and update overlap with compute, so the parts may add up to more than the step.',
    '',
  ];
  if (peer.rows === undefined) lines.push(`PyTorch: ${peer.reason}.`);
  else {
    lines.push(
      `PyTorch ${peer.version}, same threads:`,
      '',
      '| model | dense Adam ms | ratio | its best | ms | ratio |',
      '| --- | --: | --: | --- | --: | --: |',
      ...rows
        .filter((r) => r.peer)
        .map(
          ({ title, stepMs, peer: p }) =>
            `| ${title} | ${p.denseAdamMs.toFixed(1)} | ${(p.denseAdamMs / stepMs).toFixed(2)}x | ${p.best} | ${p.bestMs.toFixed(1)} | ${(p.bestMs / stepMs).toFixed(2)}x |`,
        ),
    );
  }
  process.stdout.write(`${lines.join('\n')}\n`);
}
