import { mkdirSync } from 'node:fs';
import { removeQuietly } from '../../platform/index.js';
import { openDataset } from '../../data/index.js';
import { openJournal } from '../../journal/index.js';
import type { OperationIo, TrainOptions, TrainResult } from '../../schema/index.js';
import { modelById } from '../../models/index.js';
import { givenAssignment } from '../autotrain/given-assignment.js';
import { ModelTrainer } from '../autotrain/train-model.js';
import { RunJournal } from '../loop/run-journal.js';
import { encodedProject, openProject, trialPlace } from '../project/open-project.js';
import { readTrainingFile, usualWorkers } from '../project/training-file.js';

/**
 * Trains one model over seeds, scores it beside the floors and keeps the first seed's artefact; models that only
 * count keep none.
 */
export async function train(options: TrainOptions, io: OperationIo): Promise<TrainResult> {
  const project = openProject(options.projectDir);
  const { task } = project.config;
  const batchSize = readTrainingFile(project.paths).batchSizes[options.model];
  const hyperParameters = {
    ...(batchSize !== undefined && { 'recipe.batchSize': batchSize }),
    ...options.hyperParameters,
  };
  // What is mistyped is said before a log is encoded for minutes.
  givenAssignment(modelById(options.model, task), task, hyperParameters);
  const prepared = await encodedProject(project, io);
  mkdirSync(project.paths.state, { recursive: true });
  const journal = await openJournal({ path: project.paths.journal });
  try {
    const memory = await RunJournal.open(journal);
    const { workers = usualWorkers(project.paths, options.seeds) } = options;
    const place = trialPlace(project, prepared, workers);
    const dataset = openDataset(prepared.dir);
    const trainer = new ModelTrainer(project, prepared, place, memory, dataset, io, workers);
    try {
      const result = await trainer.train({ ...options, hyperParameters });
      removeQuietly(place.checkpointsDir);
      return result;
    } finally {
      await trainer.close();
    }
  } finally {
    await journal.close();
  }
}
