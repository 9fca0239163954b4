import { clock, type Clock } from '../platform/index.js';
import type { ProgressEvent } from '../schema/index.js';
import type { Output } from './host.js';
import { liveLines, plainLine, statusText } from './progress-lines.js';
import { advance, initialProgress, type ProgressState } from './progress-state.js';
import type { Style } from './text.js';

/** Shows progress on one output. */
export interface ProgressDisplay {
  show(event: ProgressEvent): void;
  /** Writes a line of other text without disturbing what is drawn. */
  say(line: string): void;
  /** Takes the live lines away (before a question, or at the end). */
  clear(): void;
}

const redrawMs = 100;
const plainStatusMs = 5000;

export function openProgress(
  output: Output,
  style: Style,
  quiet: boolean,
  time: Clock = clock,
): ProgressDisplay {
  if (quiet)
    return { show: () => undefined, say: (line) => output.write(`${line}\n`), clear: () => undefined };
  return output.isTerminal ? new LiveDisplay(output, style, time) : new PlainDisplay(output, time);
}

/** A few lines at the bottom of a terminal, redrawn in place at most ten times a second. */
class LiveDisplay implements ProgressDisplay {
  private state: ProgressState = initialProgress;
  private drawnLines = 0;
  private drawnAtMs = -Infinity;

  constructor(
    private readonly output: Output,
    private readonly style: Style,
    private readonly time: Clock,
  ) {}

  show(event: ProgressEvent): void {
    this.state = advance(this.state, event);
    // Most events are advances of a trial; the next one draws what this one left out.
    if (event.kind === 'trial-advanced' && this.time.monotonicMs() - this.drawnAtMs < redrawMs) return;
    this.draw();
  }

  say(line: string): void {
    this.clear();
    this.output.write(`${line}\n`);
    this.draw();
  }

  clear(): void {
    if (this.drawnLines > 0) this.output.write(`\u001b[${this.drawnLines}A\u001b[0J`);
    this.drawnLines = 0;
  }

  private draw(): void {
    const lines = liveLines(this.state, this.output.columns ?? 80, this.style);
    const up = this.drawnLines > 0 ? `\u001b[${this.drawnLines}A\u001b[0J` : '';
    this.output.write(up + lines.map((line) => `${line}\n`).join(''));
    this.drawnLines = lines.length;
    this.drawnAtMs = this.time.monotonicMs();
  }
}

/** Plain lines: what matters at once, and where the run stands at most every five seconds. */
class PlainDisplay implements ProgressDisplay {
  private state: ProgressState = initialProgress;
  private statusAtMs: number;
  private lastLine = '';

  constructor(
    private readonly output: Output,
    private readonly time: Clock,
  ) {
    this.statusAtMs = time.monotonicMs();
  }

  show(event: ProgressEvent): void {
    this.state = advance(this.state, event);
    const line = plainLine(event);
    if (line !== undefined) this.say(line);
    const now = this.time.monotonicMs();
    if (now - this.statusAtMs < plainStatusMs) return;
    const status = statusText(this.state);
    if (status === '') return;
    this.statusAtMs = now;
    this.say(status);
  }

  say(line: string): void {
    if (line === this.lastLine) return;
    this.lastLine = line;
    this.output.write(`${line}\n`);
  }

  clear(): void {
    // nothing is redrawn on a plain output
  }
}
