/**
 * data/probes: mechanical looks at the tables of a project for leaks and defects, one file a probe. Each says what it
 * lacks where it cannot be run, and what it saw, with its number and its threshold, where it found something. They read
 * labels of training and validation rows only.
 */
import type { Probe } from '../../schema/index.js';
import { constantColumns } from './constant-columns.js';
import { contradictingNegatives } from './contradicting-negatives.js';
import { duplicateRows } from './duplicate-rows.js';
import { futureRows } from './future-rows.js';
import { groupConstants } from './group-constants.js';
import { idOrder } from './id-order.js';
import { labelCombination } from './label-combinations.js';
import { labelCopy, tooGood } from './label-copies.js';
import { laterAggregates } from './later-aggregates.js';
import { postImpression } from './post-impression.js';
import { seenBefore } from './seen-before.js';
import { trainTestOverlap, validationIsTest } from './split-overlap.js';
import type { TableSubject } from './table-subject.js';

export { auditTables, worstFirst, type AuditOptions, type Audited } from './audit-tables.js';
export { runProbes } from './run-probes.js';
export type { TableSubject } from './table-subject.js';

/** Probes that only read tables: seconds on a log of some hundred thousand rows. `evolve` runs them all. */
export const tableProbes: readonly Probe<TableSubject>[] = [
  labelCopy,
  tooGood,
  labelCombination,
  postImpression,
  laterAggregates,
  groupConstants,
  contradictingNegatives,
  duplicateRows,
  trainTestOverlap,
  validationIsTest,
  seenBefore,
  idOrder,
  constantColumns,
];

/** Probes that encode part of the project anew; `automodel audit` runs them too. */
export const encodingProbes: readonly Probe<TableSubject>[] = [futureRows];
