import type { PlanFigures, PlanServingResult } from '../schema/index.js';
import { formatTable, type Column } from './table.js';
import { printable, type Style } from './text.js';

const right = (title: string): Column => ({ title, align: 'right' });
const three = (value: number | null): string =>
  value === null ? '—' : Number(value.toPrecision(3)).toString();

/** What plan-serving found, for people. */
export function servingPlanLines(result: PlanServingResult, style: Style): string[] {
  const { chosen, reference, measured, hopeless, kernels, limits, applied, experiment } = result;
  const saved = 1 - chosen.costPerThousand / reference.costPerThousand;
  return [
    style.strong(printable(`${result.model} at ${limits.rate} requests/s`)),
    ...formatTable(
      [
        { title: 'weights' },
        { title: 'tables' },
        right('threads'),
        right('instances'),
        right('candidates'),
        right('p50 ms'),
        right('p99 ms'),
        right('busy'),
        right('MiB'),
        right('per 1,000'),
        { title: 'quality' },
        { title: 'breaks' },
      ],
      measured.map((figures) => rowOf(figures, same(figures, chosen))),
      style,
    ),
    `${hopeless} more plans lose too much quality or are too slow by the lines below; the others are dearer.`,
    '',
    ...formatTable(
      [
        { title: 'weights' },
        { title: 'tables' },
        right('threads'),
        { title: 'graph' },
        right('ms a request'),
        right('µs a candidate'),
        right('off by'),
        right('GFLOP/s'),
      ],
      kernels.map((kernel) => [
        kernel.precision,
        kernel.tables,
        String(kernel.modelThreads),
        kernel.optimisation,
        three(kernel.requestMs),
        three(1000 * kernel.candidateMs),
        `${(100 * kernel.error).toFixed(1)} %`,
        kernel.flopsPerSecond === null ? '—' : three(kernel.flopsPerSecond / 1e9),
      ]),
      style,
    ),
    '',
    style.good(
      `A thousand requests cost ${three(chosen.costPerThousand)} instead of ${three(reference.costPerThousand)} (${(100 * saved).toFixed(0)} % less).`,
    ),
    applied
      ? 'pipeline.json and serving.json have it; serve starts with it.'
      : 'Nothing was changed; --apply writes it into pipeline.json and serving.json.',
    ...(experiment === null
      ? []
      : [
          printable(`Experiment ${experiment} is written; automodel experiment start <file> ramps the plan.`),
        ]),
  ];
}

const same = (a: PlanFigures, b: PlanFigures): boolean => JSON.stringify(a.plan) === JSON.stringify(b.plan);

function rowOf({ plan, ...figures }: PlanFigures, isChosen: boolean): string[] {
  const quality = figures.quality.map(({ metric, difference }) => `${metric} ${signed(difference)}`);
  return [
    `${isChosen ? '→ ' : '  '}${plan.precision}`,
    plan.tables,
    String(plan.modelThreads),
    String(plan.modelInstances),
    String(plan.candidates),
    three(figures.p50Ms),
    three(figures.p99Ms),
    `${(100 * figures.utilisation).toFixed(0)} %`,
    three(figures.memoryMb),
    three(figures.costPerThousand),
    quality.join(', ') || 'reference',
    figures.breaks.map(({ limit }) => limit).join(', '),
  ];
}

const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(5)}`;
