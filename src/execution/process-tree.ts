import { readdirSync, readFileSync, writeFileSync } from 'node:fs';

/**
 * Environment variable that every process of a worker's tree inherits. A daemon whose parent is gone has another parent
 * and a group of its own; by this it is still known.
 */
export const brandVariable = 'AUTOMODEL_WORKER_BRAND';

/** A child may start another while its tree is being killed; what is left of that after so many rounds outruns us. */
const mostRounds = 10;

/**
 * Kills a worker and everything it started: its process group (a worker leads its own), any descendant that has moved to
 * another group and any that was left behind by its parent, found by walking /proc where there is one. SIGKILL, which
 * nothing can ignore. Nothing left to kill is fine.
 * @param brand the value of `brandVariable` in the worker's environment
 */
export function killProcessTree(pid: number, brand: string): void {
  for (let round = 0; round < mostRounds; round += 1) {
    const strays = new Set([...descendants(pid), ...branded(brand)]);
    strays.delete(pid);
    for (const stray of strays) kill(stray); // first, since a worker may be ending itself here
    if (strays.size === 0) break;
  }
  kill(-pid);
  kill(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // ESRCH: already gone, which is what was wanted
  }
}

/** Children, grandchildren and so on of a process; empty where the system has no /proc. */
function descendants(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const name of listProcesses()) {
    const parent = parentOf(name);
    if (parent === undefined) continue;
    const siblings = children.get(parent);
    if (siblings === undefined) children.set(parent, [Number(name)]);
    else siblings.push(Number(name));
  }
  const found = [...(children.get(root) ?? [])];
  for (let index = 0; index < found.length; index += 1) found.push(...(children.get(found[index]) ?? []));
  return found;
}

/** Processes with this brand in the environment that they were started with; a dead one has none. */
function branded(brand: string): number[] {
  const entry = `${brandVariable}=${brand}`;
  return listProcesses()
    .filter((name) => environmentOf(name).split('\0').includes(entry))
    .map(Number);
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8');
  } catch {
    return ''; // gone, or another user's
  }
}

function listProcesses(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // "pid (command) state ppid ...": the command may itself hold spaces and brackets
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    return undefined;
  }
}

/**
 * Asks the kernel to end this process and its children before others when the machine runs out of memory: a lost trial is
 * tried again, a lost engine has to be started again. Where it cannot be asked, nothing changes.
 */
export function volunteerForOutOfMemory(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '500');
  } catch {
    // no Linux, or not allowed
  }
}

/** Resident memory of a process in MiB; undefined where /proc cannot tell (then its heartbeats do). */
export function residentMb(pid: number): number | undefined {
  try {
    const line = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
    return line === null ? undefined : Number(line[1]) / 1024;
  } catch {
    return undefined;
  }
}
