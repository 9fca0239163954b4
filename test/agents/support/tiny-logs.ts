import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { operations } from '../../../src/agents/index.js';
import {
  encodedProject,
  openProject,
  trialPlace,
  type Project,
} from '../../../src/agents/project/open-project.js';
import type { TrialPlace } from '../../../src/agents/trial/trial-request.js';
import { openDataset, type PreparedDataset } from '../../../src/data/index.js';
import type { EncodedDataset, Task } from '../../../src/schema/index.js';
import { listeningIo } from '../tiny-project.js';

export interface TinyLog {
  readonly projectDir: string;
  readonly project: Project;
  readonly prepared: PreparedDataset;
  readonly dataset: EncodedDataset;
  readonly place: TrialPlace;
}

/** Clicks on some items more than on others, by users who differ too: 600 rows over 30 users. */
export function clickLines(): string[] {
  const lines = ['user_id,item_id,place,timestamp,click'];
  for (let i = 0; i < 600; i += 1) {
    const user = (i * 7) % 30;
    const item = (i * 11) % 23;
    const click = (item * 5 + user + ((i * i) % 3)) % 7 < 3 ? 1 : 0;
    lines.push(`u${user},i${item},${['top', 'side', 'end'][i % 3]},${1_600_000_000 + i * 600},${click}`);
  }
  return lines;
}

/** Ten users who each walk twelve items of twenty in a circle, one an hour. */
export function walkLines(): string[] {
  const lines = ['user_id,item_id,timestamp'];
  for (let turn = 0; turn < 8; turn += 1)
    for (let user = 0; user < 10; user += 1)
      lines.push(`u${user},i${(user * 3 + turn) % 20},${1_600_000_000 + turn * 3600 + user}`);
  return lines;
}

/** A project on a log of some lines, encoded and ready for trials. */
export async function tinyLog(
  folder: string,
  lines: readonly string[],
  task: Task,
  split: string,
): Promise<TinyLog> {
  const projectDir = join(folder, `project-${task}`);
  mkdirSync(projectDir, { recursive: true });
  const log = join(projectDir, 'log.csv');
  writeFileSync(log, `${lines.join('\n')}\n`);
  const { io } = listeningIo();
  await operations.init(
    {
      projectDir,
      files: [log],
      task,
      split,
      positive: undefined,
      label: undefined,
      useDatasetJson: false,
    },
    io,
  );
  const project = openProject(projectDir);
  const prepared = await encodedProject(project, io);
  return {
    projectDir,
    project,
    prepared,
    dataset: openDataset(prepared.dir),
    place: trialPlace(project, prepared, 1),
  };
}
