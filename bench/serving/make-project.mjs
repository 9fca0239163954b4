// A project with a trained model of a known size: a simulated log, ten columns of it as fields, one short training. What a model
// has learned does not change what it costs.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { automodel } from './processes.mjs';

/** user and item, three of the user, four of the item, one of the event */
const fields = [
  'events.user_id',
  'events.item_id',
  'events.on_wifi',
  'users.age_band',
  'users.device',
  'users.region',
  'users.declared_topic',
  'items.category',
  'items.creator_id',
  'items.duration_s',
];
const isInput = /^(user_feature|item_feature|context|text)$/;

export const models = {
  dcnv2: {
    name: 'dcnv2',
    title: 'DCNv2, 10 fields x 16, 3 crosses, 400x400x400',
    hp: ['embeddingDim=16', 'crossLayers=3', 'hidden=400x400x400', 'usesHistory=false'],
  },
  // the attention of widely used implementations
  din: {
    name: 'din',
    title: 'DIN, 10 fields x 16, history 50, attention 80x40',
    hp: ['embeddingDim=16', 'attention=80x40'],
  },
  // the attention of the paper (figure 2), which is also the default here
  'din-36': {
    name: 'din',
    title: 'DIN, 10 fields x 16, history 50, attention 36',
    hp: ['embeddingDim=16', 'attention=36'],
  },
};

/** Makes it in `dir`, or takes what was made there before. @returns {Promise<{ artefact: string, artefactDir: string }>} */
export async function makeProject(dir, model) {
  const file = join(dir, 'automodel.json');
  if (!existsSync(file)) {
    const log = join(dir, 'log');
    const size = '--users 3000 --items 3000 --days 6'.split(' ');
    await automodel(['world', 'generate', ...size, '--out', log]);
    const files = ['events', 'items', 'users'].map((name) => join(log, `${name}.parquet`));
    await automodel(['init', ...files, '--task', 'ctr', '--split', 'time', '--project', dir]);
    const project = JSON.parse(readFileSync(file, 'utf8'));
    for (const [name, column] of Object.entries(project.columns))
      if (isInput.test(column.role) && !fields.includes(name)) column.role = 'meta';
    project.timeFeatures.enabled = false;
    writeFileSync(file, JSON.stringify(project, null, 2));
  }
  const args = ['train', '--model', models[model].name, '--seeds', '1', '--no-test', '--project', dir];
  const { artefact } = await automodel([
    ...args,
    '--hp',
    ...models[model].hp,
    'dropout=0',
    'recipe.maxEpochs=1',
  ]);
  return { artefact, artefactDir: artefactFolder(dir, artefact) };
}

/** @param artefact hash or its beginning */
export function artefactFolder(dir, artefact) {
  const parent = join(dir, '.automodel/artefacts');
  const name = readdirSync(parent).find((found) => found.startsWith(artefact));
  if (name === undefined) throw new Error(`${dir} has no artefact ${artefact}`);
  return join(parent, name);
}

/** How many fields a model reads, and the length of its history, as its record says. */
export function shapeOf(artefactDir) {
  const {
    model,
    fields: read,
    sequences,
    parameters,
  } = JSON.parse(readFileSync(join(artefactDir, 'model.json'), 'utf8'));
  return { model, fields: read.length, history: sequences[0]?.maxLength ?? 0, parameters };
}

/** Has a project's models computed in float32 or int8 from the next start on. */
export function serveIn(dir, precision) {
  writeFileSync(join(dir, 'serving.json'), JSON.stringify({ schemaVersion: 1, resources: { precision } }));
}
