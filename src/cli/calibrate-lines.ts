import {
  formatDuration,
  formatShare,
  formatValue,
  type FalseAccepts,
  type MeasuredCalibration,
  type MetricCalibration,
  type SimulatedGate,
  type SimulatedWorld,
} from '../schema/index.js';
import { formatTable, type Column } from './table.js';
import { printable, type Style } from './text.js';

const right = (title: string): Column => ({ title, align: 'right' });

/** What calibrate measured, for people. */
export function measuredLines(result: MeasuredCalibration, style: Style): string[] {
  const { models, metrics, metric, gateSeeds, power } = result;
  const primary = metrics.find((one) => one.metric === metric);
  return [
    style.strong('Spread of one run on the gate’s users'),
    ...formatTable(
      [
        { title: 'metric' },
        { title: 'model' },
        right('mean'),
        right('sd'),
        right('of seeds'),
        right('of users'),
      ],
      metrics.flatMap((one) =>
        one.models.map((run) => [
          one.metric,
          run.model,
          ...[run.mean, run.sd, run.seedSd, run.userSe].map(fine),
        ]),
      ),
      style,
    ),
    '',
    style.strong(`Smallest gain found with ${formatShare(power)} chance, by paired seeds`),
    ...resolvableTable(metrics, style),
    '',
    style.strong('The gate on copies of one configuration, where there is nothing to accept'),
    ...falseAcceptTable(metrics, style),
    style.faint('Pairs share runs; the interval counts only those that are disjoint.'),
    '',
    ...(primary === undefined ? [] : wantedLines(primary, gateSeeds)),
    ...models.map((one) => printable(modelLine(one))),
    `${result.cost.trainings} trainings, ${formatDuration(result.cost.seconds)}. evolve takes this calibration up.`,
  ];
}

/** Sds are small: two digits that count. */
function fine(value: number): string {
  return Math.abs(value) >= 0.1 || value === 0 ? formatValue(value) : value.toPrecision(2);
}

function resolvableTable(metrics: readonly MetricCalibration[], style: Style): string[] {
  const seeds = metrics.flatMap(({ resolvable }) => resolvable.map((one) => one.seeds));
  const counts = [...new Set(seeds)];
  return formatTable(
    [{ title: 'metric' }, ...counts.map((count) => right(String(count))), right('no end')],
    metrics.map(({ metric, resolvable, userLimit }) => [
      metric,
      ...counts.map((count) => {
        const found = resolvable.find((one) => one.seeds === count);
        return found === undefined ? '—' : fine(found.gain);
      }),
      userLimit === null ? '—' : fine(userLimit),
    ]),
    style,
  );
}

function falseAcceptTable(metrics: readonly MetricCalibration[], style: Style): string[] {
  const rows = metrics.flatMap(({ metric, falseAccepts }) =>
    falseAccepts.map((one) => [
      metric,
      one.level === 'one-look' ? 'one look' : 'first of many',
      formatShare(one.alpha),
      `${one.accepted} of ${one.pairs}`,
      String(one.disjointPairs),
      shareText(one),
    ]),
  );
  if (rows.length === 0) return ['There were too few runs for one pair; give more --seeds or minutes.'];
  return formatTable(
    [
      { title: 'metric' },
      { title: 'level' },
      right('alpha'),
      right('accepted'),
      right('disjoint'),
      right('rate'),
    ],
    rows,
    style,
  );
}

function shareText({ rate, ci }: Pick<FalseAccepts, 'rate' | 'ci'>): string {
  return `${percent(rate)} [${percent(ci[0])}, ${percent(ci[1])}]`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.1 ? 2 : 1)} %`;
}

function wantedLines(
  { metric, wanted, affordable, resolvable }: MetricCalibration,
  gateSeeds: number,
): string[] {
  const lines: string[] = [];
  const now = resolvable.find(({ seeds }) => seeds === gateSeeds);
  if (now !== undefined)
    lines.push(`The gate of evolve runs ${gateSeeds} paired seeds and resolves ${fine(now.gain)} ${metric}.`);
  if (affordable !== null)
    lines.push(
      `The minutes left would pay for ${affordable.seeds} paired seeds: ${fine(affordable.gain)} ${metric}.`,
    );
  if (wanted !== null) {
    const answer =
      wanted.seeds === null ? 'no number of paired seeds resolves it' : `${wanted.seeds} paired seeds`;
    lines.push(`A gain of ${fine(wanted.gain)} ${metric}: ${answer}; ${wanted.reason}.`);
  }
  return lines.map(printable);
}

function modelLine({
  model,
  role,
  runs,
  lost,
  failed,
  secondsPerRun,
}: MeasuredCalibration['models'][number]): string {
  const faults = [
    ...(lost > 0 ? [`${lost} lost to the infrastructure`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
  ];
  const each = secondsPerRun === null ? '' : `, ${formatDuration(secondsPerRun)} each`;
  return `${model} (${role}): ${runs} runs${each}${faults.map((fault) => `, ${fault}`).join('')}.`;
}

const decides: Readonly<Record<SimulatedWorld['falseAccepts'][number]['decides'], string>> = {
  gate: 'gate, lower bound above 0',
  'gate-default-minimum': 'gate, default minimum gain',
  'looks-unpaid': 'control: same looks, 5 % each',
  'every-candidate': 'control: every candidate a look at 5 %',
  'same-users': 'control: best screening score, same users',
};

/** What the simulated gate did, for people. */
export function simulatedLines(result: SimulatedGate, style: Style): string[] {
  const { runs, candidates, worlds, kept, target, seconds } = result;
  const verdict = kept
    ? `The gate keeps its error budget: at most ${percent(target)} of runs in every world.`
    : `The gate errs in more than ${percent(target)} of runs.`;
  return [
    `${runs} runs of ${candidates} candidates in each of ${worlds.length} worlds, ${formatDuration(seconds)}.`,
    ...worlds.flatMap((world) => ['', ...worldTables(world, style)]),
    '',
    (kept ? style.good : style.bad)(verdict),
  ];
}

function worldTables(world: SimulatedWorld, style: Style): string[] {
  const { name, userSe, userDf, looksPerRun, unstable } = world;
  const noisy =
    unstable === undefined
      ? ''
      : `; ${percent(unstable.share)} of candidates have ${unstable.sd} times the seed sd`;
  return [
    style.strong(
      `World "${name}": users move a difference by ${userSe} sd of one run (${userDf} df)${noisy}; ${looksPerRun.toFixed(1)} looks a run`,
    ),
    ...formatTable(
      [{ title: 'without any gain' }, right('runs that accept')],
      world.falseAccepts.map((row) => [decides[row.decides], shareText(row)]),
      style,
    ),
    ...formatTable(
      [
        { title: 'planted gain' },
        { title: 'decided by' },
        right('found by the run'),
        right('first look accepts'),
        right('told'),
        right('false besides'),
      ],
      world.planted.map((row) => [
        `${row.gainInSd} sd`,
        decides[row.decides],
        shareText(row.found),
        percent(row.firstLook.rate),
        percent(row.toldPower),
        percent(row.falseAccepts.rate),
      ]),
      style,
    ),
    ...formatTable(
      [{ title: 'reported score' }, right('mean error in sd'), right('standard error')],
      world.reported.map((row) => [row.report, row.meanError.toFixed(3), row.se.toFixed(3)]),
      style,
    ),
  ];
}
