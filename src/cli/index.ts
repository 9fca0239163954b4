#!/usr/bin/env node
/**
 * cli: the command line. It parses words into options, calls one operation of the engine, and prints the result as
 * tables or as one JSON object. This file is the process entry and so the place where the rooms of the top floor are
 * bound: the engine from `agents`, the renderer from `report`, each loaded when a command first needs it.
 */
import { checkedConfig, config, packageVersion } from '../platform/index.js';
import type { Host, Output } from './host.js';
import { runCommandLine } from './run.js';

function outputOf(stream: NodeJS.WriteStream): Output {
  // A reader that has seen enough (head, less) closes the pipe; that is no fault.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY === true,
    get columns() {
      return stream.columns;
    },
  };
}

function onInterrupt(listener: () => void): () => void {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const signal of signals) process.on(signal, listener);
  return () => {
    for (const signal of signals) process.off(signal, listener);
  };
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
    return (await import('../agents/index.js')).operations;
  },
  renderReport: async (model) => (await import('../report/index.js')).renderReport(model),
  onInterrupt,
  exit: (code) => process.exit(code),
};

const code = await runCommandLine(host);
// The engine may leave threads behind; what was written goes out first.
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
