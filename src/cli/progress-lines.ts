import {
  formatDifference,
  formatDuration,
  formatInterval,
  formatShare,
  formatValue,
  type ProgressEvent,
} from '../schema/index.js';
import type { ProgressState, RunningTrial } from './progress-state.js';
import { printable, truncate, type Style } from './text.js';

/** The wording of progress: a few lines that are redrawn, or one line per thing worth telling. */

/** Live lines, each at most `columns` wide: phase, running trials, incumbent, budget. */
export function liveLines(state: ProgressState, columns: number, style: Style): string[] {
  const lines: string[] = [];
  const fit = (text: string): string => truncate(printable(text), columns - 1);
  if (state.phase !== undefined) lines.push(style.strong(fit(phaseText(state.phase, true))));
  for (const trial of [...state.running.values()].slice(0, 4)) lines.push(fit(`  ${runningText(trial)}`));
  if (state.running.size > 4) lines.push(fit(`  … and ${state.running.size - 4} more`));
  if (state.incumbent !== undefined)
    lines.push(style.good(fit(`  best so far: ${incumbentText(state.incumbent)}`)));
  if (state.gate !== undefined) lines.push(fit(`  last gate look: ${gateText(state.gate)}`));
  const status = statusText(state);
  if (status !== '') lines.push(style.faint(fit(`  ${status}`)));
  return lines;
}

/** One line for an event that deserves one where lines cannot be redrawn; undefined for the chatter between. */
export function plainLine(event: ProgressEvent): string | undefined {
  switch (event.kind) {
    case 'phase':
      return event.done === 0 ? printable(phaseText(event, false)) : undefined;
    case 'incumbent':
      return printable(`best so far: ${incumbentText(event)}`);
    case 'gate-look':
      return printable(`gate look: ${gateText(event)}`);
    case 'trial-finished':
      return event.outcome === 'fault'
        ? printable(`trial ${event.trial} (${event.model}) failed: ${event.faultCode ?? 'unknown fault'}`)
        : undefined;
    case 'trial-started':
    case 'trial-advanced':
    case 'rung-decided':
    case 'run-recorded':
    case 'budget':
      return undefined;
  }
}

/** "12 of 60 trials scored …, 4 min left": where the run stands, for both forms; empty before anything is known. */
export function statusText(state: ProgressState): string {
  const { finished, budget } = state;
  const stopped = countOf(state, 'stopped-early');
  const faults = countOf(state, 'fault');
  const parts: string[] = state.arm === 'control' ? ['random search, whole budget'] : [];
  const done = budget?.trialsDone ?? finished.size;
  if (done > 0 || budget?.trialsTotal !== undefined) {
    parts.push(
      budget?.trialsTotal === undefined
        ? `${done} ${done === 1 ? 'trial' : 'trials'}`
        : `${done} of ${budget.trialsTotal} trials`,
    );
  }
  if (stopped > 0) parts.push(`${stopped} stopped early`);
  if (faults > 0) parts.push(`${faults} failed`);
  if (budget !== undefined) {
    parts.push(
      `${formatDuration(budget.elapsedSeconds)} gone`,
      `${formatDuration(budget.costSeconds)} of training`,
    );
    if (budget.secondsLeft !== undefined) parts.push(`about ${formatDuration(budget.secondsLeft)} left`);
  }
  return parts.join(' · ');
}

function countOf({ finished }: ProgressState, outcome: 'stopped-early' | 'fault'): number {
  return [...finished.values()].filter((ended) => ended === outcome).length;
}

function phaseText(phase: Extract<ProgressEvent, { kind: 'phase' }>, bar: boolean): string {
  if (phase.total === undefined) return `${phase.name} …`;
  const share = phase.total > 0 ? Math.min(1, phase.done / phase.total) : 0;
  const done = Number(phase.done.toFixed(1)); // a phase of several trainings is told with their shares
  if (!bar) return `${phase.name} (${done}/${phase.total})`;
  const filled = Math.round(share * 20);
  return `${phase.name}  ${'█'.repeat(filled)}${'░'.repeat(20 - filled)}  ${done}/${phase.total}`;
}

function runningText({ trial, model, proposer, done, at, rung }: RunningTrial): string {
  const place = at === undefined ? '' : ` · rung ${at.index + 1} of ${at.of}`;
  const rungText =
    rung === undefined
      ? ''
      : ` · after rung ${rung.rung}, ${formatShare(rung.fidelity)} of the budget: ${formatValue(rung.value)}`;
  return `trial ${trial} · ${model} · ${proposer} · ${formatShare(done)}${place}${rungText}`;
}

function incumbentText({
  model,
  metric,
  mean,
  ci,
  trial,
}: Extract<ProgressEvent, { kind: 'incumbent' }>): string {
  return `${model} · ${metric} ${formatValue(mean)} ${formatInterval(ci)} · trial ${trial}`;
}

function gateText(look: Extract<ProgressEvent, { kind: 'gate-look' }>): string {
  const gain = `${formatDifference(look.difference)}, lower bound ${formatDifference(look.lower)}`;
  return `${look.look} · ${look.model} · ${look.verdict} (${gain}, alpha ${look.alpha.toPrecision(2)})`;
}
