// The command line as scripts call it.
import { spawnSync } from 'node:child_process';

/** The result of one command under --json; what it says of a failure ends the script: 130 when interrupted, else 2. */
export function automodel(cli, ...args) {
  const { stdout, status } = spawnSync(process.execPath, [cli, ...args, '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 28,
  });
  const envelope = stdout === '' ? undefined : JSON.parse(stdout);
  if (status === 0) return envelope.result;
  console.error(`automodel ${args.join(' ')}: ${envelope?.error?.message ?? `ended with ${status}`}`);
  process.exit(status === 130 ? 130 : 2);
}
