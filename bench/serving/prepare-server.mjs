// A served project with users whose histories are full, so that requests cost what they will cost.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Rng } from '../../dist/platform/index.js';
import { HttpConnections } from './http-connections.mjs';
import { serve } from './processes.mjs';

/** A composition with so many candidates: recall costs little, ranking is what is measured. */
export function writePipeline(dir, candidates) {
  const path = join(dir, `pipeline-${candidates}.json`);
  const recall = [{ channel: 'popular', quota: candidates }];
  writeFileSync(path, JSON.stringify({ schemaVersion: 1, recall, candidates }));
  return path;
}

/** Starts a server of an artefact and gives `users` users `clicks` clicks each; idempotent over restarts of one project. */
export async function prepareServer({
  dir,
  artefact,
  candidates,
  modelThreads,
  modelInstances = 1,
  users,
  clicks,
  items,
  flags = [],
}) {
  const server = await serve(dir, [
    '--artefact',
    artefact,
    '--pipeline',
    writePipeline(dir, candidates),
    '--model-threads',
    String(modelThreads),
    '--model-instances',
    String(modelInstances),
    ...flags,
  ]);
  const connections = new HttpConnections(server.url);
  const rng = new Rng(['histories']);
  const atMs = Date.now();
  for (const user of users) {
    const events = Array.from({ length: clicks }, (_, i) => ({
      id: `bench-${user}-${i}`,
      atMs: atMs + i,
      user,
      item: String(rng.integer(items)),
      kind: 'click',
    }));
    const { status, body } = await connections.ask('POST', '/events', { events });
    if (status !== 200) throw new Error(`events were refused with ${status}: ${body}`);
  }
  const { status, body } = await connections.ask('POST', '/recommend', { user: users[0], limit: 10 });
  if (status !== 200) throw new Error(`a request was refused with ${status}: ${body}`);
  connections.close();
  return server;
}
