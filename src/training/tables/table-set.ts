import type { BankUse } from '../inputs/ctr-inputs.js';
import type { FieldSelection } from '../inputs/field-selection.js';
import { EmbeddingTable } from './embedding-table.js';
import type { StoredTable } from './stored-table.js';

/** Tables of several banks that read one vocabulary at the same places: they share one row index per batch. */
export interface TableGroup<Table = EmbeddingTable> {
  readonly vocabulary: string;
  readonly size: number;
  /** indices into the selection's `embedded`: fields of one value, then bags */
  readonly singles: readonly number[];
  readonly bags: readonly number[];
  /** indices into the selection's `sequences` */
  readonly sequences: readonly number[];
  readonly members: readonly GroupMember<Table>[];
}

export interface GroupMember<Table = EmbeddingTable> {
  /** name of the bank */
  readonly bank: string;
  readonly table: Table;
}

/** Which table a bank reads a vocabulary from, and of which size it is. */
export interface TablePlace {
  readonly bank: string;
  readonly vocabulary: string;
  /** "bank/vocabulary" */
  readonly name: string;
  readonly rows: number;
  readonly dim: number;
}

/** New tables that can be trained. */
export const trainableTables =
  (options: { readonly stateSize: (dim: number) => number; readonly clocked: boolean }) =>
  ({ name, rows, dim }: TablePlace): EmbeddingTable =>
    new EmbeddingTable({ name, rows, dim, stateSize: options.stateSize(dim), clocked: options.clocked });

/** All embedding tables of a model: one per bank and vocabulary that the bank reads. */
export class TableSet<Table extends StoredTable = EmbeddingTable> {
  readonly groups: readonly TableGroup<Table>[];
  readonly tables: readonly Table[];

  constructor(selection: FieldSelection, banks: readonly BankUse[], tableAt: (place: TablePlace) => Table) {
    const groups = new Map<string, TableGroup<Table> & { readonly members: GroupMember<Table>[] }>();
    for (const bank of banks) {
      for (const vocabulary of vocabulariesOf(selection, bank)) {
        const places = placesOf(selection, bank, vocabulary);
        const key = JSON.stringify([vocabulary, places]);
        const size = selection.vocabularySizes.get(vocabulary) ?? 0;
        const group = groups.get(key) ?? { vocabulary, size, ...places, members: [] };
        groups.set(key, group);
        const table = tableAt({
          bank: bank.name,
          vocabulary,
          name: `${bank.name}/${vocabulary}`,
          rows: size,
          dim: bank.dim,
        });
        group.members.push({ bank: bank.name, table });
      }
    }
    this.groups = [...groups.values()];
    this.tables = this.groups.flatMap((group) => group.members.map((member) => member.table));
  }

  /** weights of all tables, padding rows left out */
  get parameterCount(): number {
    return this.tables.reduce((sum, table) => sum + (table.rows - 1) * table.dim, 0);
  }
}

function vocabulariesOf(selection: FieldSelection, bank: BankUse): Set<string> {
  const fields = bank.fields === undefined ? [] : selection.embedded;
  const sequences = selection.sequences.filter((sequence) => bank.sequences.has(sequence.name));
  return new Set([...fields, ...sequences].map((field) => field.vocabulary));
}

function placesOf(selection: FieldSelection, bank: BankUse, vocabulary: string) {
  const fieldsOf = (kind: 'categorical' | 'multi'): number[] =>
    [...selection.embedded.keys()].filter((f) => {
      const field = selection.embedded[f];
      return bank.fields !== undefined && field.kind === kind && field.vocabulary === vocabulary;
    });
  return {
    singles: fieldsOf('categorical'),
    bags: fieldsOf('multi'),
    sequences: [...selection.sequences.keys()].filter((s) => {
      const sequence = selection.sequences[s];
      return sequence.vocabulary === vocabulary && bank.sequences.has(sequence.name);
    }),
  };
}
