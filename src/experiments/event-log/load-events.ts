import { AutoModelError } from '../../platform/index.js';
import { checkFile, quoteText, type Engine } from '../../data/index.js';

/** Columns of a served event, with the type that each is read as. */
const members = {
  id: 'VARCHAR',
  atMs: 'DOUBLE',
  user: 'VARCHAR',
  item: 'VARCHAR',
  kind: 'VARCHAR',
  requestId: 'VARCHAR',
  value: 'DOUBLE',
  more: 'JSON',
} as const;

/**
 * Makes `events` (id, ms, unit, item, kind, request, value, more as JSON) of a file of served events, JSON lines or
 * Parquet with the members of a ServedEvent as columns. An event that is there twice counts once.
 * @throws FILE_NOT_FOUND, FILE_UNREADABLE, EXPERIMENT_INVALID for an event without id, time, user or kind
 */
export async function loadEvents(engine: Engine, path: string): Promise<void> {
  const file = quoteText(checkFile(path));
  const source = /\.(parquet|pq)$/i.test(path) ? await parquet(engine, file) : json(file);
  await engine.run(
    `CREATE TABLE events AS SELECT id, "atMs" AS ms, "user" AS unit, item, kind, "requestId" AS request, value, more FROM ${source} ` +
      `QUALIFY row_number() OVER (PARTITION BY id ORDER BY "atMs") = 1`,
  );
  const [[broken]] = await engine.rows(
    'SELECT count(*)::DOUBLE FROM events WHERE id IS NULL OR ms IS NULL OR unit IS NULL OR kind IS NULL',
  );
  if (Number(broken) === 0) return;
  throw new AutoModelError('EXPERIMENT_INVALID', `${path} holds rows that are no events`, {
    remedy: 'Every event has id, atMs, user and kind, as POST /events takes them.',
    details: { file: path },
  });
}

function json(file: string): string {
  const columns = Object.entries(members).map(([name, type]) => `${quoteText(name)}: ${quoteText(type)}`);
  return `read_json(${file}, format = 'newline_delimited', maximum_object_size = 67108864, columns = {${columns.join(', ')}})`;
}

async function parquet(engine: Engine, file: string): Promise<string> {
  const described = await engine.rows(`DESCRIBE SELECT * FROM read_parquet(${file})`);
  const there = new Map(described.map(([name, type]) => [String(name), String(type)]));
  const cells = Object.entries(members).map(([name, type]) => {
    const found = there.get(name);
    if (found === undefined) return `NULL::${type} AS "${name}"`;
    if (name === 'more' && /^(STRUCT|MAP)/.test(found)) return `to_json("more") AS "more"`;
    return `"${name}"::${type} AS "${name}"`;
  });
  return `(SELECT ${cells.join(', ')} FROM read_parquet(${file}))`;
}
