// Starts servers and the generator, each in a process of its own.
import { execFile, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
export const cli = here('../../dist/cli/index.js');

/**
 * Starts a process that prints one line of JSON when it listens.
 * @returns {Promise<{ url: string, pid: number, stop: () => Promise<void>, kill: () => Promise<void> }>}
 */
export async function startListening(args, options = {}) {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  // A script that fails must not leave its servers behind.
  const orphan = () => child.kill('SIGKILL');
  process.once('exit', orphan);
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text) => (errors = (errors + text).slice(-4000)));
  const ended = new Promise((resolve) => child.once('close', resolve));
  ended.then(() => process.off('exit', orphan));
  const line = await new Promise((resolve, reject) => {
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text) => {
      out += text;
      if (out.includes('\n')) resolve(out.slice(0, out.indexOf('\n')));
    });
    child.once('error', reject);
    ended.then((code) => reject(new Error(`the server ended with ${code}: ${out}${errors}`)));
  });
  const said = JSON.parse(line);
  const { url } = said.result ?? said;
  const end = async (signal) => {
    if (child.exitCode !== null) throw new Error(`the server had ended with ${child.exitCode}: ${errors}`);
    child.kill(signal);
    await ended;
  };
  return { url, pid: child.pid, stop: () => end('SIGTERM'), kill: () => end('SIGKILL') };
}

export function serve(project, flags) {
  return startListening([
    cli,
    'serve',
    '--project',
    project,
    '--port',
    '0',
    '--rate',
    '0',
    '--json',
    ...flags,
  ]);
}

export function servePlainly(model, candidates, threads) {
  return startListening([here('plain-server.mjs'), model, String(candidates), String(threads)]);
}

/** Runs the generator. See load-process.mjs. */
export function generate(options) {
  return new Promise((resolve, reject) => {
    const args = [here('load-process.mjs'), JSON.stringify(options)];
    execFile(process.execPath, args, { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`the generator failed: ${stderr}`, { cause: error }));
      else resolve(JSON.parse(stdout));
    });
  });
}

export function automodel(args) {
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [cli, ...args, '--json'], { maxBuffer: 1 << 26 }, (error, stdout) => {
      const { result, error: failure } = JSON.parse(stdout || '{"error":{"message":"no answer"}}');
      if (error) reject(new Error(`automodel ${args.join(' ')}: ${failure.message}`, { cause: error }));
      else resolve(result);
    });
  });
}
