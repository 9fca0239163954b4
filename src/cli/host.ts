import type {
  DemoOnlineResult,
  HostedService,
  Operations,
  ReportModel,
  RunningServer,
  ServerOptions,
} from '../schema/index.js';

/** Where text goes. */
export interface Output {
  write(text: string): void;
  /** true for a terminal */
  readonly isTerminal: boolean;
  /** width of the terminal; undefined where there is none */
  readonly columns: number | undefined;
}

/** Everything that the command line needs of the outside, so that a test can stand in for it. */
export interface Host {
  /** words after the program's name */
  readonly arguments: readonly string[];
  readonly workingDirectory: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** someone can answer questions */
  readonly canAsk: boolean;
  readonly colour: boolean;
  readonly version: string;
  /** loads the engine; called only by commands that need it, since its native modules take time */
  loadOperations(): Promise<Operations>;
  renderReport(model: ReportModel): Promise<string>;
  renderOnlineDemo(result: DemoOnlineResult): Promise<string>;
  /** Puts a service on the network. */
  startServer(open: () => Promise<HostedService>, options: ServerOptions): Promise<RunningServer>;
  /** Calls the listener at each request to stop (Ctrl-C, SIGTERM); the returned function takes it off. */
  onInterrupt(listener: () => void): () => void;
  /** Ends the process at once; the last words go to stdout before it does. */
  exit(code: number, lastWords?: string): void;
}
