import type { Command } from 'commander';
import type { AutoModelError } from '../platform/index.js';
import type { CommandName, OperationIo, Operations } from '../schema/index.js';
import type { Host } from './host.js';
import type { Style } from './text.js';

/** What a command works with while it runs. */
export interface CommandContext {
  readonly host: Host;
  /** absolute path of the project folder */
  readonly projectDir: string;
  readonly style: Style;
  readonly io: OperationIo;
  operations(): Promise<Operations>;
  /**
   * Prints the answer now, for a command that goes on: what it ends with is then no more than an exit code, and on failure a line
   * on stderr.
   */
  announce(answer: CommandAnswer): void;
  /** A path as a person wants to read it: relative when it lies below the working directory. */
  shownPath(path: string): string;
}

export interface CommandAnswer {
  /** the `result` member under --json */
  readonly result: unknown;
  /** the same for people, line by line */
  readonly lines: readonly string[];
  /** set when the command has a result and yet failed */
  readonly failure?: AutoModelError;
}

export interface Performance {
  readonly name: CommandName;
  /** the command line that goes on after an interruption, as things stand; undefined: the same line again */
  readonly resume?: () => string | undefined;
  /** what is said when it is asked to stop; undefined: that it can be resumed */
  readonly stopping?: string;
  run(context: CommandContext): Promise<CommandAnswer>;
}

/** Runs an action in its context, and keeps its answer for printing. */
export type Perform = (performance: Performance) => Promise<void>;

/** Adds one command with its flags and help to the program. */
export type RegisterCommand = (program: Command, perform: Perform, host: Host) => void;

/** The closing lines of a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExample:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;
}
