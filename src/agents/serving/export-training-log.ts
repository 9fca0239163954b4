import { z } from 'zod';
import { TrainingLogWriter } from '../../data/index.js';
import type { ServedEvent } from '../../schema/index.js';
import { eventFolder, readEventLog } from '../../serving/index.js';
import { openProject } from '../project/open-project.js';
import { servingFolder } from './open-online-service.js';

/** What the service notes of an answer in `more`. */
const Served = z.object({
  version: z.string(),
  variants: z.record(z.string(), z.string()),
  items: z.array(z.string()),
  propensities: z.array(z.number()),
  context: z.record(z.string(), z.unknown()),
});

export interface ExportOptions {
  readonly projectDir: string;
  /** a .parquet or .jsonl file */
  readonly out: string;
  /** folder of the store; default .automodel/serving/ */
  readonly storeDir?: string;
  /**
   * rows are the items that an event of this kind reports as shown, where there are such events, and all answered items where there
   * are none; default "impression"
   */
  readonly shownKind?: string;
}

export interface ExportedLog {
  readonly out: string;
  readonly rows: number;
  /** answers that the rows are of */
  readonly requests: number;
}

/**
 * Writes what was recommended and what came of it as one table that `automodel init` reads: request, user, item, time, position,
 * propensity, version, arms, context, and a 0/1 column for every kind of event that names the request and the item. The service may
 * go on meanwhile; what it has not written yet is not in the table.
 * @throws PROJECT_MISSING; USAGE for a file of another kind; JOURNAL_CORRUPT
 */
export async function exportTrainingLog(options: ExportOptions): Promise<ExportedLog> {
  const project = openProject(options.projectDir);
  const writer = new TrainingLogWriter(options.out, project.config);
  let requests = 0;
  try {
    readEventLog(eventFolder(options.storeDir ?? servingFolder(project)), (event) => {
      if (event.kind === 'served') {
        requests += 1;
        addShown(writer, event);
      } else if (event.requestId !== undefined && event.item !== undefined)
        writer.outcome({
          requestId: event.requestId,
          item: event.item,
          kind: event.kind,
          value: event.value,
        });
    });
    const rows = await writer.write(options.shownKind ?? 'impression');
    return { out: options.out, rows, requests };
  } finally {
    writer.discard();
  }
}

function addShown(writer: TrainingLogWriter, { requestId = '', user, atMs, more }: ServedEvent): void {
  const { items, propensities, ...rest } = Served.parse(more);
  items.forEach((item, position) => {
    writer.shown({ requestId, user, item, atMs, position, propensity: propensities[position], ...rest });
  });
}
