import type { Operations, OperationIo } from '../../src/schema/index.js';
import type { Host, Output } from '../../src/cli/host.js';
import { PopularService } from '../http/support/popular-service.js';
import { runCommandLine } from '../../src/cli/run.js';
import {
  auditResult,
  calibrateResult,
  evaluateResult,
  evolveResult,
  counterfactualResult,
  experimentAnalyzeResult,
  experimentChangeResult,
  experimentPlanResult,
  experimentRampResult,
  experimentStartResult,
  experimentStatusResult,
  initResult,
  predictResult,
  profileResult,
  reportResult,
  salvageResult,
  demoOnlineResult,
  planServingResult,
  planTrainingResult,
  serveResult,
  simulateResult,
  trainResult,
  worldResult,
} from './example-results.js';

/** A call that the engine received. */
export interface Call {
  readonly operation: string;
  readonly options: unknown;
  readonly io: OperationIo;
}

export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly calls: readonly Call[];
  /** stdout as the one JSON object */
  readonly json: () => Record<string, unknown>;
}

export interface FakeOptions {
  readonly operations?: Partial<Operations>;
  readonly terminal?: boolean;
  readonly colour?: boolean;
  readonly canAsk?: boolean;
  readonly workingDirectory?: string;
  /** called with the listener of interrupts once one is there */
  readonly whenListening?: (interrupt: () => void) => void;
  readonly startServer?: Host['startServer'];
  readonly load?: () => Promise<Operations>;
  readonly onExit?: (code: number) => void;
}

class Memory implements Output {
  text = '';
  readonly columns = 100;
  constructor(readonly isTerminal: boolean) {}
  write(text: string): void {
    this.text += text;
  }
}

/** Runs a command line against a fake engine, everything in memory. */
export async function runWith(words: readonly string[], options: FakeOptions = {}): Promise<Finished> {
  const calls: Call[] = [];
  const stdout = new Memory(options.terminal === true);
  const stderr = new Memory(options.terminal === true);
  const host: Host = {
    arguments: words,
    workingDirectory: options.workingDirectory ?? '/work-dir',
    stdout,
    stderr,
    canAsk: options.canAsk === true,
    colour: options.colour === true,
    version: '9.8.7',
    loadOperations:
      options.load ?? (async () => recording({ ...fakeOperations, ...options.operations }, calls)),
    renderReport: async () => '<html></html>',
    renderOnlineDemo: async () => '<html></html>',
    startServer:
      options.startServer ??
      (async (open) => {
        const service = await open();
        const { url, host: name, port, authenticated } = serveResult;
        // A server that stops at once.
        const stopped = Promise.resolve();
        const close = async (): Promise<number> => service.close().then(() => 0);
        return { url, host: name, port, authenticated, stopped, close };
      }),
    onInterrupt: (listener) => {
      options.whenListening?.(listener);
      return () => undefined;
    },
    exit: (code) => options.onExit?.(code),
  };
  const code = await runCommandLine(host);
  return {
    code,
    stdout: stdout.text,
    stderr: stderr.text,
    calls,
    json: () => JSON.parse(stdout.text) as Record<string, unknown>,
  };
}

const fakeOperations: Operations = {
  init: async () => initResult,
  profile: async () => profileResult,
  audit: async () => auditResult,
  train: async () => trainResult,
  predict: async () => predictResult,
  evaluate: async () => evaluateResult,
  evolve: async () => evolveResult,
  calibrate: async () => calibrateResult,
  simulateGate: async () => simulateResult,
  report: async () => reportResult,
  salvage: async () => salvageResult,
  generateWorld: async () => worldResult,
  serve: async () => new PopularService(),
  planServing: async () => planServingResult,
  planTraining: async () => planTrainingResult,
  demoOnline: async () => demoOnlineResult,
  analyzeExperiment: async () => experimentAnalyzeResult,
  planExperiment: async () => experimentPlanResult,
  startExperiment: async () => experimentStartResult,
  experimentStatus: async () => experimentStatusResult,
  stopExperiment: async () => experimentChangeResult,
  rampExperiment: async () => experimentRampResult,
  analyzeRunningExperiment: async () => experimentAnalyzeResult,
  estimatePolicyValue: async () => counterfactualResult,
};

function recording(operations: Operations, calls: Call[]): Operations {
  const wrap =
    <Options, Result>(operation: string, run: (options: Options, io: OperationIo) => Promise<Result>) =>
    (options: Options, io: OperationIo): Promise<Result> => {
      calls.push({ operation, options, io });
      return run(options, io);
    };
  return {
    init: wrap('init', operations.init),
    profile: wrap('profile', operations.profile),
    audit: wrap('audit', operations.audit),
    train: wrap('train', operations.train),
    predict: wrap('predict', operations.predict),
    evaluate: wrap('evaluate', operations.evaluate),
    evolve: wrap('evolve', operations.evolve),
    calibrate: wrap('calibrate', operations.calibrate),
    simulateGate: wrap('simulateGate', operations.simulateGate),
    report: wrap('report', operations.report),
    salvage: wrap('salvage', operations.salvage),
    generateWorld: wrap('generateWorld', operations.generateWorld),
    serve: wrap('serve', operations.serve),
    demoOnline: wrap('demoOnline', operations.demoOnline),
    planServing: wrap('planServing', operations.planServing),
    planTraining: wrap('planTraining', operations.planTraining),
    analyzeExperiment: wrap('analyzeExperiment', operations.analyzeExperiment),
    planExperiment: wrap('planExperiment', operations.planExperiment),
    startExperiment: wrap('startExperiment', operations.startExperiment),
    experimentStatus: wrap('experimentStatus', operations.experimentStatus),
    stopExperiment: wrap('stopExperiment', operations.stopExperiment),
    rampExperiment: wrap('rampExperiment', operations.rampExperiment),
    analyzeRunningExperiment: wrap('analyzeRunningExperiment', operations.analyzeRunningExperiment),
    estimatePolicyValue: wrap('estimatePolicyValue', operations.estimatePolicyValue),
  };
}
