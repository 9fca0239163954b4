// Markdown tables of finished rows. Test figures are those of configurations chosen on validation.
const shown = {
  ctr: ['auc', 'gauc', 'logloss'],
  rating: ['rmse', 'mae'],
  'next-item': ['hr@10', 'ndcg@10', 'mrr@10'],
};
const primary = { ctr: 'auc', rating: 'rmse', 'next-item': 'ndcg@10' };

const figure = (summary) =>
  summary === undefined
    ? '–'
    : `${summary.mean.toFixed(4)}${summary.n > 1 ? ` ± ${summary.sd.toFixed(4)}` : ''} [${summary.ci[0].toFixed(4)}, ${summary.ci[1].toFixed(4)}]`;

const signed = (value) => `${value >= 0 ? '+' : ''}${value.toFixed(4)}`;

function projectTable({ project, rows }) {
  const good = rows.filter((row) => row.answer.ok);
  const failed = rows.filter((row) => !row.answer.ok);
  if (rows.length === 0) return `## ${project.title}\n\nNot run yet.\n`;
  const lines = [`## ${project.title}`, ''];
  if (good.length > 0) {
    const { contract } = good[0].answer.result;
    const metrics = shown[contract.task];
    lines.push(
      `Rows: ${contract.rows.train} train, ${contract.rows.validation} validation, ${contract.rows.test} test. Intervals: 95 %, ${good[0].answer.result.seeds.length > 1 ? 'seeds and ' : ''}clusters by ${contract.clusterBy}.`,
      '',
      `| model | validation ${primary[contract.task]} | ${metrics.map((m) => `test ${m}`).join(' | ')} | seconds a seed |`,
      `| --- | --- | ${metrics.map(() => '---').join(' | ')} | --- |`,
    );
    const entries = new Map();
    for (const { answer } of good) {
      for (const floor of answer.result.floors) {
        if (!entries.has(floor.model)) entries.set(floor.model, { ...floor, floor: true });
      }
    }
    for (const { answer } of good) {
      const { model, metrics: scored, cost, hyperParameters } = answer.result;
      entries.set(model, {
        model,
        metrics: scored,
        cost,
        assignment: hyperParameters,
        floor: entries.get(model)?.floor,
      });
    }
    const value = (entry) => entry.metrics.validation?.[primary[contract.task]]?.mean ?? 0;
    const down = contract.task === 'rating';
    for (const entry of [...entries.values()].sort((a, b) =>
      down ? value(a) - value(b) : value(b) - value(a),
    )) {
      lines.push(
        `| ${entry.model}${entry.floor ? ' (floor)' : ''} | ${figure(entry.metrics.validation?.[primary[contract.task]])} | ${metrics
          .map((m) => figure(entry.metrics.test?.[m]))
          .join(' | ')} | ${(entry.cost.seconds / Math.max(1, entry.cost.trainings)).toFixed(1)} |`,
      );
    }
    const trained = good.filter(({ answer }) => answer.result.learns && answer.result.model !== 'lr');
    const best = trained.sort(
      (a, b) => (value(b.answer.result) - value(a.answer.result)) * (down ? -1 : 1),
    )[0];
    if (best !== undefined) {
      const { model, comparisons, hyperParameters } = best.answer.result;
      lines.push(
        '',
        `Best trained model by validation: **${model}**. Paired differences (test, benchmark):`,
        '',
      );
      lines.push('| against | metric | difference | 95 % interval |', '| --- | --- | --- | --- |');
      for (const c of comparisons) {
        lines.push(
          `| ${c.against} | ${c.metric} | ${signed(c.difference)} | ${signed(c.ci[0])} … ${signed(c.ci[1])} |`,
        );
      }
      lines.push('', `Its configuration: \`${JSON.stringify(hyperParameters)}\``);
    }
    lines.push(
      '',
      `Test openings of this split so far: ${Math.max(...good.map(({ answer }) => answer.result.testOpenings))}.`,
    );
  }
  for (const { model, answer } of failed)
    lines.push('', `${model} failed: ${answer.error.code}, ${answer.error.message}`);
  return `${lines.join('\n')}\n`;
}

export function renderTables(finished, machine) {
  return [
    `Every row is a benchmark: configurations were chosen on validation, the test split was scored for all of them, and the`,
    `test figures are for reading, not for choosing. Machine: ${machine}.`,
    '',
    ...finished.map(projectTable),
  ].join('\n');
}
