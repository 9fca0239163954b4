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

const python = process.env.AUTOMODEL_BENCH_PYTHON ?? 'python3';
const rows = [];
let peer = { reason: values['no-peer'] ? 'switched off' : 'not run' };
for (const trial of cases.filter(({ id }) => wanted.includes(id))) {
  const slow = trial.id === 'sasrec';
  // The machine's rate drifts with its load, so it is taken on both sides of every case, and the peer runs next to it.
  const before = await gemmRate(threads);
  const row = await measure(trial, {
    threads,
    steps: slow ? Math.max(2, Math.round(steps / 5)) : steps,
    intervals: slow ? 4 : Number(values.intervals),
  });
  row.gemm = (before + (await gemmRate(threads))) / 2;
  row.shareOfGemm = row.gflops / row.gemm;
  if (!values['no-peer']) {
    peer = runPeer({ python, cases: [trial.id], threads, steps });
    const times = (peer.rows ?? []).toSorted((a, b) => a.stepMs - b.stepMs);
    const dense = times.find(({ optimizer }) => optimizer === 'dense-adam');
    row.peer = dense && { denseAdamMs: dense.stepMs, best: times[0].optimizer, bestMs: times[0].stepMs };
  }
  rows.push(row);
}

if (values.json) {
  const machine = { processor: cpus()[0].model.trim(), cores: cpus().length, node: process.version };
  process.stdout.write(
    `${JSON.stringify({ machine, threads, peer: peer.version ?? peer.reason, rows }, null, 2)}\n`,
  );
} else {
  const lines = [
    `${cpus()[0].model.trim()}, ${cpus().length} cores, ${threads} compute threads, Node ${process.version}.`,
    '',
    '| model | batch | samples/s | step ms | prepare | compute | update | GFLOP/s | GEMM | share |',
    '| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: |',
    ...rows.map(
      (r) =>
        `| ${r.title} | ${r.batch} | ${Math.round(r.samplesPerSecond).toLocaleString('en')} | ${r.stepMs.toFixed(1)} | ${r.prepareMs.toFixed(1)} | ` +
        `${r.computeMs.toFixed(1)} | ${r.updateMs.toFixed(1)} | ${r.gflops.toFixed(1)} | ${r.gemm.toFixed(0)} | ${(100 * r.shareOfGemm).toFixed(0)} % |`,
    ),
    '',
    'Prepare and update overlap with compute, so the parts may add up to more than the step. GEMM: GFLOP/s of a 1024³',
    'matrix product on the same threads, before and after each model.',
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
