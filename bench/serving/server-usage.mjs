// What a server process uses: processor time and memory from /proc (Linux), and what it says of itself on /metrics.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { HttpConnections } from './http-connections.mjs';

/** Clock ticks of /proc a second; Linux shows 100 to user space on every architecture. */
const ticksPerSecond = 100;

/** Processor seconds of a process so far, all threads, and its memory in MiB; undefined where there is no /proc. */
export function processUsage(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const mib = (name) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status)?.[1]) / 1024;
    return {
      cpuSeconds: (Number(stat[11]) + Number(stat[12])) / ticksPerSecond,
      residentMib: mib('VmRSS'),
      mostResidentMib: mib('VmHWM'),
    };
  } catch {
    return undefined;
  }
}

/** Samples without labels of a Prometheus text, by name. */
export function samplesOf(text) {
  const samples = {};
  for (const line of text.split('\n')) {
    const [, name, value] = /^([a-z_0-9]+) (\S+)$/i.exec(line) ?? [];
    if (name !== undefined) samples[name] = Number(value);
  }
  return samples;
}

/** Reads both at one moment. */
export async function serverMark({ url, pid, headers }) {
  const connections = new HttpConnections(url, headers);
  let samples = {};
  try {
    const { status, body } = await connections.ask('GET', '/metrics');
    if (status === 200) samples = samplesOf(body);
  } catch {
    // a server without metrics
  }
  connections.close();
  return { atMs: performance.now(), usage: processUsage(pid), samples };
}

/** Between two marks: processors that the server kept busy, share of the time that a model thread computed, ... */
export function usageBetween(begin, end) {
  const seconds = (end.atMs - begin.atMs) / 1000;
  const rise = (name) => {
    const full = `automodel_service_${name}`;
    return end.samples[full] === undefined ? null : end.samples[full] - (begin.samples[full] ?? 0);
  };
  const modelMs = rise('model_ms');
  const instances = end.samples['automodel_service_model_instances'] || 1;
  const requests = rise('requests');
  const cores = begin.usage && end.usage ? (end.usage.cpuSeconds - begin.usage.cpuSeconds) / seconds : null;
  return {
    cores,
    /** of the machine's processors, which the generator shares */
    utilisation: cores === null ? null : cores / availableParallelism(),
    /** of wall time, mean over the model's instances: one that computes all the time is busy at 1 */
    modelShare: modelMs === null ? null : modelMs / 1000 / seconds / instances,
    modelMsPerRequest: modelMs === null || !requests ? null : modelMs / requests,
    candidatesPerRequest: requests ? (rise('candidates_scored') ?? Number.NaN) / requests : null,
    eventLoopLagP99Ms: (end.samples['nodejs_eventloop_lag_p99_seconds'] ?? Number.NaN) * 1000,
    residentMib: end.usage?.residentMib ?? null,
    mostResidentMib: end.usage?.mostResidentMib ?? null,
  };
}
