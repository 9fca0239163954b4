// The results as a table in Markdown: medians over repeats.

const number = (value, digits = 1) =>
  value === null || value === undefined || Number.isNaN(value) ? '–' : value.toFixed(digits);
const percent = (value) => (value === null || value === undefined ? '–' : `${(100 * value).toFixed(0)} %`);

function line(row, mode, { rate, median }) {
  const { ms, server, refused } = median;
  return `| ${row.title} | ${row.candidates} | ${row.server} | ${mode} | ${number(rate, 0)} | ${number(median.answeredPerSecond)} | ${number(ms.p50)} | ${number(ms.p95)} | ${number(ms.p99)} | ${number(median.errors, 0)} | ${percent(refused.share)} | ${number(refused.ms.p99)} | ${percent(server.utilisation)} | ${percent(server.modelShare)} | ${number(server.residentMib, 0)} | ${number(median.generatorLateMs.p99)} |`;
}

export function tableOf({ machine, options, modelThreads, modelInstances, precision = 'float32', rows }) {
  const lines = [
    `${machine.processor}, ${machine.cores} cores shared with the generator, Node ${machine.node}, ${modelInstances} model instance(s) of ${modelThreads} thread(s), ${precision};`,
    `${options.seconds} s after ${options.warmUpSeconds} s of warm-up, median of ${options.repeats}. Latency in ms from the moment at which a request was due;`,
    'use: of all cores; model: of wall time, mean over instances; late: how late the generator was (p99), part of every latency.',
    '',
    '| model | candidates | server | mode | asked/s | answered/s | p50 | p95 | p99 | errors | 503 | their p99 | use | model | MiB | late |',
    '| --- | --: | --- | --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |',
  ];
  for (const row of rows)
    for (const mode of ['fixed', 'highest', 'overload'])
      if (row[mode]?.median !== undefined) lines.push(line(row, mode, row[mode]));
  const ratios = rows
    .filter(({ server, fixed }) => server === 'automodel' && fixed !== undefined)
    .flatMap((row) => {
      const plain = rows.find(
        ({ title, candidates, server }) =>
          server === 'plain' && title === row.title && candidates === row.candidates,
      );
      if (plain?.fixed === undefined) return [];
      const ratio = (q) => number(plain.fixed.median.ms[q] / row.fixed.median.ms[q], 2);
      const rates =
        plain.highest?.rate && row.highest?.rate
          ? `, highest rate ${number(row.highest.rate / plain.highest.rate, 2)}x`
          : '';
      return [
        `${row.title}, ${row.candidates} candidates: the plain wrapper's p50 is ${ratio('p50')}x and its p99 ${ratio('p99')}x ours${rates}.`,
      ];
    });
  const without = rows.flatMap(
    ({ overload }) => overload?.repeats.map(({ refused }) => refused.withoutRetryAfter) ?? [],
  );
  if (without.length > 0)
    lines.push('', `Refusals without Retry-After: ${without.reduce((sum, n) => sum + n, 0)}.`);
  return [...lines, '', ...ratios].join('\n');
}
