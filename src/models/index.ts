/**
 * models: the library. Architectures that emit a graph (one file each), the floors that only count (counting/), and the
 * registry that finds both by id. Which hyper-parameters a model has is its decision space; how it is trained is not
 * its business.
 */
export {
  definitions,
  idOf,
  keepsArtefact,
  modelById,
  models,
  modelsFor,
  spaceOf,
  type LibraryModel,
} from './registry.js';
export { loadModel } from './load-model.js';
export {
  coOccurrence,
  keepLargest,
  trainCounts,
  type EventsByUser,
  type ItemMatrix,
} from './counting/co-occurrence.js';
export { saveCounted } from './counting/index.js';
export type {
  CountingModel,
  CtrCountingModel,
  FittedCtrCounting,
  FittedNextItemCounting,
  NextItemCountingModel,
} from './counting/index.js';
export { autoint } from './autoint.js';
export { bst } from './bst.js';
export { dcnv2 } from './dcnv2.js';
export { deepfm } from './deepfm.js';
export { din } from './din.js';
export { dnn } from './dnn.js';
export { finalmlp } from './finalmlp.js';
export { fm } from './fm.js';
export { gru4rec } from './gru4rec.js';
export { lr } from './lr.js';
export { sasrec } from './sasrec.js';
export { wideDeep } from './wide-deep.js';
export { xdeepfm } from './xdeepfm.js';
