// docs/search.md and docs/search.svg.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as echarts from 'echarts';

const docs = (name) => fileURLToPath(new URL(`../../docs/${name}`, import.meta.url));
const marker = '<!-- tables below are written by npm run bench:search -->';
const fixed = (value) => value.toFixed(3);
const interval = ({ mean, half }) => `[${fixed(mean - half)}, ${fixed(mean + half)}]`;
const table = (head, rows) => [
  `| ${head.join(' | ')} |`,
  `| ${head.map((_, i) => (i === 0 ? '---' : '--:')).join(' | ')} |`,
  ...rows.map((row) => `| ${row.join(' | ')} |`),
  '',
];

function tables({ budgets, runs, problems, rows, plain, finish, errors }) {
  const partial = problems.filter(({ complete }) => complete === false);
  const compared = (title, entries) => [
    `**Against ${title}**`,
    '',
    ...table(
      ['budget', 'best rival', 'its regret', 'ours', 'change', 'difference, 95 %', 'problems lost'],
      entries.map((e) => [
        e.budget,
        e.rival,
        fixed(e.rivalMean),
        fixed(e.own),
        `${(100 * (e.own / e.rivalMean - 1)).toFixed(0)} %`,
        `${fixed(e.difference.mean)} ${interval(e.difference)}`,
        e.losses.join(', ') || 'none',
      ]),
    ),
  ];
  return [
    `${runs} paired seeds; means over ${problems.length} problems with 95 % intervals; 0 is the best, 1 a typical random draw.`,
    ...(partial.length === 0
      ? []
      : [
          '',
          `Tables that are not whole yet: ${partial.map(({ id, size }) => `${id} (${size} of 256 configurations)`).join(', ')}.`,
        ]),
    '',
    '**Mean regret**',
    '',
    ...table(
      ['policy', ...budgets],
      rows.map((row) => [
        row.title,
        ...row.mean.map((value, b) => `${fixed(value)} ± ${fixed(row.half[b])}`),
      ]),
    ),
    ...compared('the best plain rival', plain),
    ...compared('the best rival with the same finish', finish),
    '**Per problem**',
    '',
    ...problems.flatMap(({ id }, p) => [
      `${id}:`,
      '',
      ...table(
        ['policy', ...budgets],
        rows.map((row) => [
          row.title,
          ...row.perProblem[p].budgets.map((b) => `${fixed(b.mean)} ± ${fixed(b.half)}`),
        ]),
      ),
    ]),
    '**Error of the score that is reported** (reported − true, mean over budgets; z in standard errors)',
    '',
    ...table(
      ['problem', 'runs kept back for the report', 'z', 'highest score seen', 'z'],
      errors.map(({ id, reported, naive }) => [
        id,
        `${fixed(reported.mean)} ± ${fixed(reported.half)}`,
        (reported.mean / reported.se).toFixed(1),
        `${fixed(naive.mean)} ± ${fixed(naive.half)}`,
        (naive.mean / naive.se).toFixed(1),
      ]),
    ),
  ].join('\n');
}

const colours = ['#7a7a7a', '#2f6fb0', '#3a923a', '#b8860b', '#c03d3e'];

function plot({ budgets, rows }) {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, width: 760, height: 420 });
  const ids = [...new Set(rows.map(({ id }) => id))];
  const series = rows.flatMap((row) => {
    const color = colours[ids.indexOf(row.id) % colours.length];
    const common = {
      type: 'line',
      symbol: 'none',
      lineStyle: { opacity: 0 },
      silent: true,
      stack: row.title,
    };
    return [
      { ...common, data: row.mean.map((value, b) => value - row.half[b]) },
      { ...common, data: row.half.map((half) => 2 * half), areaStyle: { color, opacity: 0.12 } },
      {
        name: row.title,
        type: 'line',
        data: row.mean,
        itemStyle: { color },
        lineStyle: { color, type: row.kind === 'plain' ? 'dashed' : 'solid' },
      },
    ];
  });
  chart.setOption({
    animation: false,
    title: { text: 'Regret of the choice by budget', left: 'center', textStyle: { fontSize: 14 } },
    legend: { bottom: 0, data: rows.map(({ title }) => title), textStyle: { fontSize: 10 } },
    grid: { top: 40, bottom: 110, left: 60, right: 20 },
    xAxis: {
      type: 'category',
      data: budgets.map(String),
      name: 'evaluations',
      nameLocation: 'middle',
      nameGap: 26,
    },
    yAxis: { type: 'value', name: 'normalised regret', min: 0 },
    series,
  });
  const svg = chart.renderToSVGString();
  chart.dispose(); // its timers would keep the process alive
  return svg;
}

export function writeReport(summary) {
  const target = docs('search.md');
  const head = existsSync(target) ? readFileSync(target, 'utf8').split(marker)[0] : '# Search policy\n\n';
  writeFileSync(target, `${head}${marker}\n\n${tables(summary)}`);
  writeFileSync(docs('search.svg'), `${plot(summary)}\n`);
  console.error(`wrote ${target}`);
}
