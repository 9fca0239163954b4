/**
 * data: from an event log in files to an encoded dataset. Reads Parquet, CSV and JSON lines through DuckDB, infers what
 * every column is, splits, builds point-in-time features and writes them once in the form that models train on. Test
 * labels go into a sealed folder that only `openSealed` reads.
 */
export { encodeRows, type EncodeRowsOptions } from './encode-rows.js';
export {
  openRecordEncoder,
  type RawRecord,
  type RawRow,
  type RecordEncoder,
  type RecordField,
} from './record-encoder.js';
export { openDataset } from './open-dataset.js';
export { openSealed, type SealedLabels } from './open-sealed.js';
export { openEngine, type Engine, type EngineOptions } from './engine.js';
export { castExpression, columnType, keyText } from './column-types.js';
export { inspectFile, loadTable, type LoadedTable, type RawColumn } from './load-table.js';
export { checkFile, eventColumn, eventTable, fileOfProject } from './project-files.js';
export { numberLiteral, quoteText } from './sql.js';
export { inferProject, type InferOptions, type InferredProject } from './infer-project.js';
export { hashProject, type Hashes } from './contract.js';
export { readEntityRows, type EntityRow, type EntityRows } from './entity-rows.js';
export { readPastEvents, type PastEvents } from './past-events.js';
export { readOrderedEvents, type OrderedEvents } from './ordered-events.js';
export { readNextItemRows, type NextItemRows, type NextItemRowsOptions } from './next-item-rows.js';
export { parseSplit, formatSplit, type SplitRule } from './split-rule.js';
export { datasetName, prepareDataset, type PrepareOptions, type PreparedDataset } from './prepare-dataset.js';
export { profile, type Profile, type ColumnProfile } from './profile.js';
export { readTable, writeTable, type TableColumn } from './table-io.js';
export {
  auditTables,
  encodingProbes,
  runProbes,
  tableProbes,
  worstFirst,
  type Audited,
} from './probes/index.js';
export { TrainingLogWriter, type Outcome, type ShownItem } from './training-log.js';
