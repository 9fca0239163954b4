// Scores the golden rows of an artefact with plain ONNX Runtime: nothing is imported from automodel.
//   node examples/plain-onnxruntime.mjs <artefact folder>
// What a serving system must do is all here: look ids up in the tables, fill the inputs that model.json names, run
// model.onnx. A click model's logits become probabilities by the sigmoid.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const folder = process.argv[2];
if (folder === undefined) throw new Error('Name an artefact folder.');
const json = (file) => JSON.parse(readFileSync(join(folder, file), 'utf8'));

/** A NumPy file of little-endian float32 or int32: { data, shape }. */
function npy(file) {
  const bytes = readFileSync(join(folder, file));
  const begin = 10 + bytes.readUInt16LE(8);
  const head = bytes.toString('latin1', 10, begin);
  const shape = /'shape': \(([\d, ]*)\)/
    .exec(head)[1]
    .split(',')
    .filter((part) => part.trim() !== '')
    .map(Number);
  const data = bytes.buffer.slice(bytes.byteOffset + begin, bytes.byteOffset + bytes.length);
  return { data: head.includes('<f4') ? new Float32Array(data) : new Int32Array(data), shape };
}

const model = json('model.json');
const session = await InferenceSession.create(readFileSync(join(folder, 'model.onnx')));
const expected = npy('golden/expected.npy');
const rows = expected.shape[0];
const feeds = {};

if (model.task === 'next-item') {
  const items = npy('golden/items.npy').data; // the newest event stands last, zeros before the oldest
  feeds.items = new Tensor('int32', items, [rows, model.maxLength]);
  feeds.mask = new Tensor(
    'float32',
    Float32Array.from(items, (id) => (id > 0 ? 1 : 0)),
    [rows, model.maxLength],
  );
} else {
  const index = json('tables/index.json');
  const tables = new Map(
    index.map(({ file, bank, vocabulary }) => [`${bank}/${vocabulary}`, npy(`tables/${file}`)]),
  );
  const fields = model.fields.map((_, f) => npy(`golden/field-${f}.npy`));
  const sequences = model.sequences.map((_, s) => npy(`golden/sequence-${s}.npy`));
  for (const bank of model.banks) {
    const { dim } = bank;
    const rowOf = (vocabulary, id) =>
      tables.get(`${bank.name}/${vocabulary}`).data.subarray(id * dim, (id + 1) * dim);
    if (bank.fields !== undefined) {
      const out = new Float32Array(rows * fields.length * dim); // [rows, fields, dim]
      for (let r = 0; r < rows; r += 1) {
        model.fields.forEach(({ vocabulary }, f) => {
          const width = fields[f].shape[1] ?? 1;
          const ids = fields[f].data.subarray(r * width, (r + 1) * width).filter((id) => id > 0);
          for (const id of ids) {
            const row = rowOf(vocabulary, id);
            // A field of several values is the mean of their rows; id 0 is padding and has no row.
            for (let j = 0; j < dim; j += 1) out[(r * fields.length + f) * dim + j] += row[j] / ids.length;
          }
        });
      }
      feeds[bank.fields] = new Tensor('float32', out, [rows, fields.length, dim]);
    }
    model.sequences.forEach(({ name, vocabulary, maxLength }, s) => {
      const input = bank.sequences[name];
      if (input === undefined) return;
      const out = new Float32Array(rows * maxLength * dim); // [rows, maxLength, dim], oldest first
      const width = sequences[s].shape[1];
      for (let r = 0; r < rows; r += 1) {
        for (let l = 0; l < width; l += 1) {
          const id = sequences[s].data[r * width + l];
          if (id > 0) out.set(rowOf(vocabulary, id), (r * maxLength + l) * dim);
        }
      }
      feeds[input] = new Tensor('float32', out, [rows, maxLength, dim]);
    });
  }
  model.sequences.forEach(({ name, maxLength }, s) => {
    const mask = new Float32Array(rows * maxLength);
    const width = sequences[s].shape[1];
    for (let i = 0; i < sequences[s].data.length; i += 1) {
      if (sequences[s].data[i] > 0) mask[Math.floor(i / width) * maxLength + (i % width)] = 1;
    }
    feeds[`mask:${name}`] = new Tensor('float32', mask, [rows, maxLength]);
  });
  const numeric = model.numeric.map((_, n) => npy(`golden/numeric-${n}.npy`).data);
  const out = new Float32Array(rows * numeric.length);
  numeric.forEach((values, n) => values.forEach((value, r) => (out[r * numeric.length + n] = value)));
  if (numeric.length > 0) feeds.numeric = new Tensor('float32', out, [rows, numeric.length]);
}

const needed = Object.fromEntries(model.inputs.map((name) => [name, feeds[name]]));
const { logits } = await session.run(needed);
const scores =
  model.task === 'next-item'
    ? Float32Array.from({ length: expected.data.length }, (_, i) => {
        const columns = npy('golden/columns.npy').data;
        return logits.data[Math.floor(i / columns.length) * model.itemCount + columns[i % columns.length]];
      })
    : logits.data;
const worst = scores.reduce((most, score, i) => Math.max(most, Math.abs(score - expected.data[i])), 0);
console.log(
  `${model.model}: ${rows} golden rows, ${scores.length} scores, largest difference ${worst.toExponential(1)}`,
);
if (!(worst < 1e-4)) process.exitCode = 1;
