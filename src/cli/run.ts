import { isAbsolute, relative, resolve } from 'node:path';
import { Command, CommanderError } from 'commander';
import { AutoModelError, log } from '../platform/index.js';
import type { Warning } from '../schema/index.js';
import { examples, type CommandAnswer, type Performance } from './command.js';
import { commands } from './commands/index.js';
import { formatEnvelope } from './envelope.js';
import { failureOf, type Failure } from './failure.js';
import { projectFolder, shellWord } from './flags.js';
import type { Host } from './host.js';
import { openProgress } from './progress.js';
import { askOnTerminal } from './questions.js';
import { colourStyle, plainStyle, printable } from './text.js';

interface GlobalFlags {
  readonly project: string;
  readonly json?: true;
  readonly quiet?: true;
}

/** Parses, calls, prints. Resolves to the exit code; never rejects. */
export async function runCommandLine(host: Host): Promise<number> {
  const json = asksForJson(host.arguments);
  const style = host.stdout.isTerminal && host.colour ? colourStyle : plainStyle;
  const warnings: Warning[] = [];
  let name = '';
  let answer: CommandAnswer | undefined;
  let help = '';
  let announced = false;

  const print = ({ result, lines }: CommandAnswer): void => {
    if (json) host.stdout.write(formatEnvelope(name, result, warnings, undefined));
    else for (const line of lines) host.stdout.write(`${line}\n`);
  };

  const perform = async (performance: Performance): Promise<void> => {
    name = performance.name;
    const flags = program.opts<GlobalFlags>();
    const progressStyle = host.stderr.isTerminal && host.colour ? colourStyle : plainStyle;
    const progress = openProgress(host.stderr, progressStyle, flags.quiet === true);
    const stop = new AbortController();
    const interrupted = (cause?: unknown): AutoModelError => {
      const resume = performance.resume?.() ?? ['automodel', ...host.arguments].map(shellWord).join(' ');
      return new AutoModelError('INTERRUPTED', `${name} was interrupted`, {
        remedy: `To go on: ${resume}`,
        details: { resume },
        cause,
      });
    };
    const release = host.onInterrupt(() => {
      if (stop.signal.aborted) {
        const lastWords =
          json && !announced ? formatEnvelope(name, null, warnings, failureOf(interrupted())) : undefined;
        host.exit(130, lastWords);
        return;
      }
      const stopping = performance.stopping ?? 'Stopping where it can be resumed';
      progress.say(`${stopping}; press Ctrl-C again to stop at once.`);
      stop.abort();
    });
    log.debug({ command: name, project: flags.project, workingDirectory: host.workingDirectory }, 'begins');
    try {
      answer = await performance.run({
        host,
        style,
        projectDir: resolve(host.workingDirectory, flags.project),
        operations: async () => {
          const operations = await host.loadOperations();
          stop.signal.throwIfAborted();
          return operations;
        },
        shownPath: (path) => shownPath(host.workingDirectory, path),
        announce: (first) => {
          progress.clear();
          announced = true;
          print(first);
        },
        io: {
          signal: stop.signal,
          onProgress: (event) => {
            log.trace({ event }, 'progress');
            progress.show(event);
          },
          renderReport: (model) => host.renderReport(model),
          warn: (warning) => {
            if (warnings.some(({ code, message }) => code === warning.code && message === warning.message))
              return;
            warnings.push(warning);
            if (!json || announced) progress.say(`warning ${warning.code}: ${printable(warning.message)}`);
          },
          ask:
            json || !host.canAsk
              ? undefined
              : (question) => {
                  progress.clear();
                  return askOnTerminal(question);
                },
        },
      });
    } catch (error) {
      if (!stop.signal.aborted) throw error;
      throw interrupted(error);
    } finally {
      release();
      progress.clear();
    }
  };

  const program = buildProgram(host, (text) => {
    help += text;
  });
  for (const register of commands) register(program, perform, host);

  let failure: Failure | undefined;
  try {
    await program.parseAsync(host.arguments, { from: 'user' });
    if (answer?.failure !== undefined) failure = failureOf(answer.failure);
  } catch (error) {
    const asked = error instanceof CommanderError && error.exitCode === 0;
    if (!asked) failure = failureOf(error instanceof CommanderError ? usageError(error) : error);
    log.debug({ err: error }, 'command failed');
  }
  const command = name === '' ? commandNamed(program, host.arguments) : name;
  if (json && !announced) {
    const result = answer?.result ?? (failure === undefined && help !== '' ? { text: help.trimEnd() } : null);
    host.stdout.write(formatEnvelope(command, result, warnings, failure));
  } else {
    if (answer === undefined && failure === undefined) host.stdout.write(help);
    if (answer !== undefined && !announced) print(answer);
    if (failure !== undefined)
      host.stderr.write(failure.details['reason'] === 'commander.help' ? help : failureText(failure));
  }
  return failure?.exitCode ?? 0;
}

function buildProgram(host: Host, gather: (text: string) => void): Command {
  return new Command('automodel')
    .description('From an event log to an evolved, proven ranking model.')
    .version(host.version, '--version', 'print the version')
    .option('--project <dir>', 'folder that holds automodel.json and .automodel/', projectFolder, '.')
    .option('--json', 'print exactly one JSON object on stdout; ask nothing')
    .option('--quiet', 'show no progress')
    .addHelpText(
      'after',
      examples('automodel start', 'automodel init events.parquet --task ctr --split time'),
    )
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: gather, writeErr: gather })
    .exitOverride();
}

/** `--json` as a flag of its own; what follows `--` is never a flag. */
function asksForJson(words: readonly string[]): boolean {
  const end = words.indexOf('--');
  return words.slice(0, end === -1 ? undefined : end).includes('--json');
}

/** The command that the words name, for errors that arise before it could start; empty when they name none. */
function commandNamed(program: Command, words: readonly string[]): string {
  const path: string[] = [];
  let level: Command | undefined = program;
  for (const [i, word] of words.entries()) {
    // "--project train" names a folder
    if (words[i - 1] === '--project') continue;
    const next: Command | undefined = level.commands.find((command) => command.name() === word);
    if (next === undefined) continue;
    path.push(word);
    level = next;
  }
  return path.join(' ');
}

function usageError(error: CommanderError): AutoModelError {
  const message =
    error.code === 'commander.help' ? 'No command given' : error.message.replace(/^error: /, '');
  const [what, hint] = message.replace(/\n/g, ' ').split(/ (?=\(Did you mean)/);
  return new AutoModelError('USAGE', what, {
    remedy: `${hint === undefined ? '' : `${hint.slice(1, -1)} `}Add --help to see how the command is used.`,
    details: { reason: error.code },
  });
}

function failureText({ code, message, remedy }: Failure): string {
  const lines = [`error ${code}: ${printable(message)}`];
  if (remedy !== null) lines.push(`  ${printable(remedy)}`);
  return `${lines.join('\n')}\n`;
}

function shownPath(workingDirectory: string, path: string): string {
  if (!isAbsolute(path)) return path;
  const below = relative(workingDirectory, path);
  return below === '' ? '.' : below.startsWith('..') ? path : below;
}
