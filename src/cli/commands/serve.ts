import { Option } from 'commander';
import { AutoModelError, config } from '../../platform/index.js';
import type { HostedService, ServeResult } from '../../schema/index.js';
import { examples, type CommandAnswer, type CommandContext, type RegisterCommand } from '../command.js';
import { pathFrom, portNumber, positiveInteger, positiveNumber, wholeNumber } from '../flags.js';
import { printable } from '../text.js';
import { readTokens } from '../token-file.js';

interface Flags {
  readonly host: string;
  readonly port: number;
  readonly tokenFile?: string;
  readonly adminTokenFile?: string;
  readonly artefact?: string;
  readonly pipeline?: string;
  readonly modelThreads?: number;
  readonly modelInstances?: number;
  readonly snapshotEvents?: number;
  readonly rate: number;
  readonly deadlineMs: number;
  readonly batch: number;
  readonly queue: number;
  readonly batchesAtOnce?: number;
}

const safetyHelp = `
Without tokens it listens on this machine only, and asks nobody for one. Tokens come from a file (one a line) or from
AUTOMODEL_TOKENS (separated by commas) and are sent as "authorization: Bearer <token>". SIGTERM or Ctrl-C end it in good
order: no new connections, what is under way is answered, then exit code 0 (130 when something had to be cut off).
`;

export const registerServe: RegisterCommand = (program, perform, host) => {
  const path = pathFrom(host.workingDirectory);
  const number = (flags: string, text: string, parse: (value: string) => number): Option =>
    new Option(flags, text).argParser(parse);
  program
    .command('serve')
    .description('recommend over HTTP with a kept artefact, and take what users do')
    .option('--host <name>', 'address to listen on; others than this machine need tokens', '127.0.0.1')
    .addOption(number('--port <n>', 'port to listen on; 0: any that is free', portNumber).default(8080))
    .option('--token-file <file>', 'tokens that may ask, one a line (AUTOMODEL_TOKENS)', path)
    .option('--admin-token-file <file>', 'tokens that may change what is served (those that may ask)', path)
    .option('--artefact <hash>', 'hash or its beginning; the latest when left out')
    .option('--pipeline <file>', 'composition of recall, ranking and re-ranking', path)
    .addOption(
      number('--model-threads <n>', 'threads of a forward pass of the ranking model', positiveInteger),
    )
    .addOption(
      number(
        '--model-instances <n>',
        'the ranking model so many times: requests are ranked side by side',
        positiveInteger,
      ),
    )
    .addOption(
      number('--snapshot-events <n>', "a snapshot of users' states after so many events", positiveInteger),
    )
    .addOption(
      number('--rate <n>', 'requests per second of one client; 0: any number', wholeNumber).default(1000),
    )
    .addOption(
      number('--deadline-ms <n>', 'requests that would wait longer get 503', positiveNumber).default(60),
    )
    .addOption(
      number('--batch <n>', 'requests that are answered together at most', positiveInteger).default(1),
    )
    .addOption(number('--queue <n>', 'requests that may wait', wholeNumber).default(256))
    .addOption(
      number('--batches-at-once <n>', 'batches that are under way at once (instances + 2)', positiveInteger),
    )
    .addHelpText('after', safetyHelp)
    .addHelpText(
      'after',
      examples(
        'automodel serve --port 8080',
        'automodel serve --artefact 3f2a --pipeline pipeline.json --model-instances 2',
      ),
    )
    .action((flags: Flags) =>
      perform({
        name: 'serve',
        stopping: 'Stopping when what is under way is answered',
        run: (context) => serve(flags, context),
      }),
    );
};

async function serve(flags: Flags, context: CommandContext): Promise<CommandAnswer> {
  const { io, projectDir } = context;
  const { signal } = io;
  const tokens = flags.tokenFile === undefined ? config.serverTokens : readTokens(flags.tokenFile);
  const adminTokens = flags.adminTokenFile === undefined ? [] : readTokens(flags.adminTokenFile);
  let service: HostedService | undefined;
  const open = async (): Promise<HostedService> => {
    const operations = await context.operations();
    const { artefact, pipeline, modelThreads, modelInstances, snapshotEvents } = flags;
    service = await operations.serve(
      { projectDir, artefact, pipeline, modelThreads, modelInstances, snapshotEvents },
      io,
    );
    return service;
  };
  const server = await context.host.startServer(open, {
    host: flags.host,
    port: flags.port,
    tokens,
    adminTokens,
    ratePerSecond: flags.rate,
    deadlineMs: flags.deadlineMs,
    batch: flags.batch,
    queue: flags.queue,
    concurrency: flags.batchesAtOnce,
  });
  if (!server.authenticated)
    io.warn({ code: 'NO_TOKEN', message: 'No token is asked for: everybody on this machine may ask' });
  const version = service?.readiness().version ?? '';
  const { url, host, port, authenticated } = server;
  const result: ServeResult = { url, host, port, authenticated, version, pid: process.pid };
  const answer = { result, lines: [printable(`Listening on ${url} with ${version}`)] };
  context.announce(answer);

  const told = new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  await Promise.race([told, server.stopped]);
  const cutOff = await server.close();
  if (cutOff === 0) return answer;
  const failure = new AutoModelError('INTERRUPTED', `${cutOff} requests took too long and were cut off`, {
    remedy: 'Their clients may send them again; events are not counted twice.',
    details: { cutOff },
  });
  return { ...answer, failure };
}
