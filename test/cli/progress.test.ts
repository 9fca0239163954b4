import { describe, expect, it } from 'vitest';
import type { Clock } from '../../src/platform/index.js';
import type { ProgressEvent } from '../../src/schema/index.js';
import type { Output } from '../../src/cli/host.js';
import { openProgress } from '../../src/cli/progress.js';
import { liveLines, plainLine, statusText } from '../../src/cli/progress-lines.js';
import { advance, initialProgress, type ProgressState } from '../../src/cli/progress-state.js';
import { displayWidth, plainStyle } from '../../src/cli/text.js';

const events: ProgressEvent[] = [
  { kind: 'phase', name: 'Search', done: 0, total: 60 },
  { kind: 'trial-started', arm: 'search', trial: 12, model: 'dcnv2', proposer: 'surrogate' },
  { kind: 'trial-advanced', trial: 12, done: 0.5, message: 'epoch 1' },
  { kind: 'rung-decided', trial: 12, rung: 1, fidelity: 1 / 3, value: 0.7341, verdict: 'continue' },
  { kind: 'incumbent', trial: 9, model: 'dnn', metric: 'auc', mean: 0.7361, ci: [0.7331, 0.7391] },
  {
    kind: 'gate-look',
    look: 1,
    trial: 9,
    model: 'dnn',
    verdict: 'indecisive',
    difference: 0.002,
    lower: -0.0004,
    alpha: 0.0125,
  },
  {
    kind: 'budget',
    trialsDone: 11,
    trialsTotal: 60,
    elapsedSeconds: 130,
    costSeconds: 250,
    secondsLeft: 480,
  },
];

const fold = (list: readonly ProgressEvent[]): ProgressState => list.reduce(advance, initialProgress);

/** A terminal that understands "up n lines and clear below". */
class Screen implements Output {
  readonly isTerminal = true;
  columns = 80;
  rows: string[] = [''];
  writes = 0;
  write(text: string): void {
    this.writes += 1;
    for (const part of text.split(/(\p{Cc}\[\d+A\p{Cc}\[0J|\n)/u)) {
      const up = /^\p{Cc}\[(\d+)A/u.exec(part);
      if (up !== null) this.rows = [...this.rows.slice(0, this.rows.length - 1 - Number(up[1])), ''];
      else if (part === '\n') this.rows.push('');
      else this.rows[this.rows.length - 1] += part;
    }
  }
}

class Paper implements Output {
  readonly isTerminal = false;
  readonly columns = undefined;
  text = '';
  write(text: string): void {
    this.text += text;
  }
}

function manualClock(): Clock & { now: number } {
  return {
    now: 0,
    nowMs() {
      throw new Error('progress must not see the wall clock, which jumps');
    },
    monotonicMs() {
      return this.now;
    },
  };
}

describe('live lines', () => {
  it('show phase, trial with rung, incumbent with interval, gate and budget', () => {
    expect(liveLines(fold(events), 120, plainStyle)).toEqual([
      'Search  ░░░░░░░░░░░░░░░░░░░░  0/60',
      '  trial 12 · dcnv2 · surrogate · 50 % · after rung 1, 33 % of the budget: 0.7341',
      '  best so far: dnn · auc 0.7361 [0.7331, 0.7391] · trial 9',
      '  last gate look: 1 · dnn · indecisive (+0.0020, lower bound −0.00040, alpha 0.013)',
      '  11 of 60 trials · 2 min 10 s gone · 4 min 10 s of training · about 8 min 00 s left',
    ]);
  });

  it('count the trials of the control apart from those of the search', () => {
    const end = (trial: number): ProgressEvent => ({
      kind: 'trial-finished',
      trial,
      model: 'lr',
      outcome: 'stopped-early',
      value: 0.7,
      faultCode: undefined,
      seconds: 3,
    });
    const searched = fold([...events, end(0), end(1), end(2)]);
    expect(statusText(searched)).toContain('3 stopped early');
    const control: ProgressEvent[] = [
      { kind: 'trial-started', arm: 'control', trial: 0, model: 'lr', proposer: 'random' },
      end(0),
    ];
    const state = control.reduce(advance, searched);
    expect(statusText(state)).toBe('random search, whole budget · 1 trial · 1 stopped early');
    // what the search found is still the best so far
    expect(state.incumbent?.trial).toBe(9);
  });

  it('are cut to the width of the terminal, one row each', () => {
    for (const columns of [10, 20, 40]) {
      for (const line of liveLines(fold(events), columns, plainStyle)) {
        expect(displayWidth(line)).toBeLessThan(columns);
        expect(line).not.toContain('\n');
      }
    }
  });

  it('name four running trials and count the rest', () => {
    const many: ProgressEvent[] = [0, 1, 2, 3, 4, 5].map((trial) => ({
      kind: 'trial-started',
      arm: 'search',
      trial,
      model: 'lr',
      proposer: 'random',
    }));
    const lines = liveLines(fold(many), 80, plainStyle);
    expect(lines.filter((line) => line.includes('random'))).toHaveLength(4);
    expect(lines).toContain('  … and 2 more');
  });

  it('forget a finished trial and count how it ended', () => {
    const end = (outcome: 'scored' | 'stopped-early' | 'fault', trial = 12): ProgressEvent => ({
      kind: 'trial-finished',
      trial,
      model: 'dcnv2',
      outcome,
      value: undefined,
      faultCode: outcome === 'fault' ? 'LOSS_NOT_FINITE' : undefined,
      seconds: 3,
    });
    const state = fold([...events.slice(0, 3), end('scored'), end('stopped-early', 13), end('fault', 14)]);
    expect(state.running.size).toBe(0);
    expect(statusText(state)).toBe('3 trials · 1 stopped early · 1 failed');
    // Run again with more training: the same trial.
    expect(statusText(fold([end('stopped-early'), end('scored')]))).toBe('1 trial');
    expect(plainLine(end('fault'))).toBe('trial 12 (dcnv2) failed: LOSS_NOT_FINITE');
    expect(plainLine(end('scored'))).toBeUndefined();
  });

  it('ignore news of a trial that they do not know', () => {
    expect(fold([events[2], events[3]])).toEqual(initialProgress);
  });
});

describe('on a terminal', () => {
  it('redraws in place and leaves nothing behind', () => {
    const screen = new Screen();
    const display = openProgress(screen, plainStyle, false, manualClock());
    for (const event of events) display.show(event);
    expect(screen.rows.filter((row) => row.startsWith('Search'))).toHaveLength(1);
    display.say('warning X: something');
    expect(screen.rows[0]).toBe('warning X: something');
    expect(screen.rows[1].startsWith('Search')).toBe(true);
    display.clear();
    expect(screen.rows).toEqual(['warning X: something', '']);
  });

  it('draws advances at most ten times a second', () => {
    const screen = new Screen();
    const time = manualClock();
    const display = openProgress(screen, plainStyle, false, time);
    display.show(events[1]);
    const before = screen.writes;
    for (let step = 0; step < 1000; step += 1) {
      time.now += 1;
      display.show({ kind: 'trial-advanced', trial: 12, done: step / 1000, message: '' });
    }
    expect(screen.writes - before).toBe(10);
  });
});

describe('elsewhere', () => {
  it('prints what matters as plain lines, and the status every five seconds', () => {
    const paper = new Paper();
    const time = manualClock();
    const display = openProgress(paper, plainStyle, false, time);
    for (const event of events) display.show(event);
    expect(paper.text.split('\n')).toEqual([
      'Search (0/60)',
      'best so far: dnn · auc 0.7361 [0.7331, 0.7391] · trial 9',
      'gate look: 1 · dnn · indecisive (+0.0020, lower bound −0.00040, alpha 0.013)',
      '',
    ]);
    time.now = 5000;
    display.show(events[2]);
    display.show(events[2]);
    expect(paper.text.split('\n').slice(3)).toEqual([
      '11 of 60 trials · 2 min 10 s gone · 4 min 10 s of training · about 8 min 00 s left',
      '',
    ]);
    expect(paper.text).not.toContain('\u001b');
  });

  it('keeps quiet when asked, but for what is said', () => {
    const paper = new Paper();
    const display = openProgress(paper, plainStyle, true, manualClock());
    for (const event of events) display.show(event);
    display.say('warning');
    expect(paper.text).toBe('warning\n');
  });

  it('strips control characters from names', () => {
    expect(plainLine({ kind: 'phase', name: 'a\u001b[31m\nb', done: 0, total: undefined })).toBe('a[31m b …');
  });
});
