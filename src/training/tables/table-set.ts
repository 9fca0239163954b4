import type { BankUse } from '../inputs/ctr-inputs.js';
import type { FieldSelection } from '../inputs/field-selection.js';
import { EmbeddingTable } from './embedding-table.js';

/** Tables of several banks that read one vocabulary at the same places: they share one row index per batch. */
export interface TableGroup {
  readonly vocabulary: string;
  readonly size: number;
  /** indices into the selection's `embedded`: fields of one value, then bags */
  readonly singles: readonly number[];
  readonly bags: readonly number[];
  /** indices into the selection's `sequences` */
  readonly sequences: readonly number[];
  readonly members: readonly GroupMember[];
}

export interface GroupMember {
  /** name of the bank */
  readonly bank: string;
  readonly table: EmbeddingTable;
}

export interface TableSetOptions {
  readonly stateSize: (dim: number) => number;
  readonly clocked: boolean;
  /** tables that exist already, by bank and vocabulary; default: new ones */
  readonly tableOf?: (bank: string, vocabulary: string) => EmbeddingTable | undefined;
}

/** All embedding tables of a model: one per bank and vocabulary that the bank reads. */
export class TableSet {
  readonly groups: readonly TableGroup[];
  readonly tables: readonly EmbeddingTable[];

  constructor(selection: FieldSelection, banks: readonly BankUse[], options: TableSetOptions) {
    const groups = new Map<string, TableGroup & { readonly members: GroupMember[] }>();
    for (const bank of banks) {
      for (const vocabulary of vocabulariesOf(selection, bank)) {
        const places = placesOf(selection, bank, vocabulary);
        const key = JSON.stringify([vocabulary, places]);
        const size = selection.vocabularySizes.get(vocabulary) ?? 0;
        const group = groups.get(key) ?? { vocabulary, size, ...places, members: [] };
        groups.set(key, group);
        const table =
          options.tableOf?.(bank.name, vocabulary) ??
          new EmbeddingTable({
            name: `${bank.name}/${vocabulary}`,
            rows: size,
            dim: bank.dim,
            stateSize: options.stateSize(bank.dim),
            clocked: options.clocked,
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

  initialise(seed: number): void {
    for (const table of this.tables) table.initialise(seed);
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
