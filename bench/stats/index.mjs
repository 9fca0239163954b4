// Time and check of AUC at scale: `npx tsc -p tsconfig.json && node bench/stats/index.mjs [rows]`
import { auc, aucInfluence, gauc, scoreCtr } from '../../dist/stats/index.js';
import { Rng, clock } from '../../dist/platform/index.js';

const rows = Number(process.argv[2] ?? 10_000_000);
const rng = new Rng(1);
const labels = new Uint8Array(rows);
const scores = new Float32Array(rows);
const users = new Int32Array(rows);
for (let i = 0; i < rows; i += 1) {
  labels[i] = rng.next() < 0.3 ? 1 : 0;
  // normal scores one sd apart: the AUC is known, Phi(1 / sqrt(2)) = 0.7602
  scores[i] = labels[i] + rng.normal();
  users[i] = rng.integer(100_000);
}
const clusters = { of: users, count: 100_000 };

for (const [name, run] of [
  ['auc', () => auc(scores, labels)],
  ['auc with its influence per user', () => aucInfluence(scores, labels, clusters).value],
  ['gauc of 100,000 users', () => gauc(scores, labels, users).gauc],
  ['all ctr metrics with influences', () => scoreCtr(scores, labels, 'logit', clusters).auc.value],
]) {
  const start = clock.monotonicMs();
  const value = run();
  console.log(
    `${name}: ${rows} rows, ${value.toFixed(5)}, ${((clock.monotonicMs() - start) / 1000).toFixed(2)} s`,
  );
}
