/** How a service is put on the network; the server itself is of room http. */
export interface ServerOptions {
  readonly host: string;
  /** 0: any that is free */
  readonly port: number;
  /** who may ask; empty: everybody, which is only allowed where nobody but this machine can reach it */
  readonly tokens: readonly string[];
  /** who may change what is served; empty: whoever may ask */
  readonly adminTokens?: readonly string[];
  /** requests of one client in a second; 0: no limit; default 1,000 */
  readonly ratePerSecond?: number;
  /** batches that the service is given at once; default two more than the service ranks side by side: one is ready, one is read or written */
  readonly concurrency?: number;
  /** requests of a batch at most, which are answered when the last of them is; default 1 */
  readonly batch?: number;
  /** requests that may wait; default 256 */
  readonly queue?: number;
  /** time within which an admitted request should have its answer; default 60 */
  readonly deadlineMs?: number;
  /** bytes of a request's body at most; default 1 MiB */
  readonly bodyBytes?: number;
  /** time for the headers of a request to arrive, default 5,000; and for the whole of it, default 10,000 */
  readonly headersMs?: number;
  readonly requestMs?: number;
  /** time for the service to answer; default 10,000 */
  readonly answerMs?: number;
  /** connections at once, default 1,024; and of one address, default half of that */
  readonly connections?: number;
  readonly connectionsPerAddress?: number;
  /** time for requests that are under way when the server is closed; default 10,000 */
  readonly closeMs?: number;
}

export interface RunningServer {
  /** where it listens, as http://127.0.0.1:8080 */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** a token is asked for */
  readonly authenticated: boolean;
  /** resolves when it listens no more, for whatever reason */
  readonly stopped: Promise<void>;
  /**
   * Takes no more connections, answers what is under way and closes the service.
   * @returns requests that were cut off because they took too long
   */
  close(): Promise<number>;
}
