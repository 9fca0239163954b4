/**
 * Requests to stop (Ctrl-C, SIGTERM), from the first moment of the process on: the engine takes a second to load, and a
 * signal that nobody listens for would end the process without its one object on stdout. So this file imports nothing.
 */
let listener: (() => void) | undefined;
let early = 0;

function interrupt(): void {
  if (listener === undefined) early += 1;
  else listener();
}
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, interrupt);

/** Calls the listener at each request, also for those that came before it; the returned function takes it off. */
export function onInterrupt(added: () => void): () => void {
  listener = added;
  for (; early > 0; early -= 1) added();
  return () => {
    listener = undefined;
  };
}
