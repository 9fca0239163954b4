#!/usr/bin/env node
/**
 * cli: the command line. It parses words into options, calls one operation of the engine, and prints the result as
 * tables or as one JSON object. This file is the process entry and so the place where the rooms of the top floor are
 * bound: the engine from `agents`, the renderer from `report`, the server from `http`, each loaded when a command first needs it.
 */
import { writeSync } from 'node:fs';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import type { Host, Output } from './host.js';
import { onInterrupt } from './interrupts.js';

// Everything else is loaded from here on, when signals are heard already and stacks name lines of the sources.
process.setSourceMapsEnabled(true);
const { checkedConfig, config, packageVersion } = await import('../platform/index.js');
const { runCommandLine } = await import('./run.js');

/** Why what was written to stdout did not arrive. */
let lost: Error | undefined;

function outputOf(stream: NodeJS.WriteStream): Output {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    // A reader that has seen enough (head, less) closes the pipe; that is no fault.
    if (error.code !== 'EPIPE' && stream === process.stdout) lost ??= error;
  });
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns;
    },
  };
}

/** For the last words of a process that must not wait for a stream. */
function writeAtOnce(text: string): void {
  try {
    writeSync(1, text);
  } catch {
    // whoever asked to stop has gone
  }
}

function written(stream: NodeJS.WriteStream): Promise<void> {
  // The turn of the loop lets an error event of the last write arrive.
  return new Promise((resolve) => stream.write('', () => setImmediate(resolve)));
}

const host: Host = {
  arguments: process.argv.slice(2),
  workingDirectory: process.cwd(),
  stdout: outputOf(process.stdout),
  stderr: outputOf(process.stderr),
  canAsk: process.stdin.isTTY === true && process.stderr.isTTY === true,
  colour: config.colour,
  version: packageVersion,
  loadOperations: async () => {
    checkedConfig();
    const { operations } = await import('../agents/index.js');
    // Loading may take no turn of the event loop, and a signal that came meanwhile is heard in one.
    await turnOfTheLoop();
    return operations;
  },
  renderReport: async (model) => (await import('../report/index.js')).renderReport(model),
  renderOnlineDemo: async (result) => (await import('../report/index.js')).renderOnlineDemo(result),
  startServer: async (open, options) => (await import('../http/index.js')).startServer(open, options),
  onInterrupt,
  exit: (code, lastWords) => {
    if (lastWords !== undefined) writeAtOnce(lastWords);
    process.exit(code);
  },
};

let code = await runCommandLine(host);
await written(process.stdout);
if (lost !== undefined) {
  host.stderr.write(`error PATH_NOT_WRITABLE: the result could not be written to stdout: ${lost.message}\n`);
  if (code === 0) code = 5;
}
await written(process.stderr);
// The engine may leave threads behind.
process.exit(code);
