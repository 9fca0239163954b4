import {
  sub,
  type CtrInputs,
  type FieldSpec,
  type Graph,
  type Node,
  type SequenceSpec,
} from '../../graph/index.js';
import { AutoModelError } from '../../platform/index.js';
import type { FieldSelection } from './field-selection.js';

/** A family of tables of one dimension, and the places of the graph that read it. */
export interface BankUse {
  readonly name: string;
  readonly dim: number;
  /** name of the input [B, F, dim], once the model asked for it */
  fields: string | undefined;
  /** sequence → name of the input [B, L, dim] */
  readonly sequences: Map<string, string>;
}

export const inputNames = {
  labels: 'labels',
  numeric: 'numeric',
  extraLabel: (name: string) => `label:${name}`,
  mask: (sequence: string) => `mask:${sequence}`,
  fieldRows: (bank: string) => `rows:${bank}`,
  sequenceRows: (bank: string, sequence: string) => `rows:${bank}:${sequence}`,
};

/** Makes graph inputs as a ctr or rating model asks for them, and remembers which embedding banks it uses. */
export class CtrInputBuilder implements CtrInputs {
  readonly fields: readonly FieldSpec[];
  readonly sequences: readonly SequenceSpec[];
  readonly numericCount: number;
  readonly banks = new Map<string, BankUse>();
  readonly extraLabels = new Set<string>();
  private readonly nodes = new Map<string, Node>();

  constructor(
    readonly graph: Graph,
    selection: FieldSelection,
    readonly task: 'ctr' | 'rating',
    private readonly availableLabels: readonly string[],
    /** what the labels are measured from; see `labelOrigin` */
    private readonly origin = 0,
  ) {
    this.fields = selection.fieldSpecs;
    this.sequences = selection.sequenceSpecs;
    this.numericCount = selection.numeric.length;
  }

  embed(bank: string, dim: number): Node {
    if (this.fields.length === 0) {
      throw new AutoModelError(
        'CONFIG_INVALID',
        'The model embeds fields, but no categorical or multi-valued field is chosen',
        {
          remedy: 'Choose at least one such field.',
        },
      );
    }
    const use = this.bank(bank, dim);
    use.fields = inputNames.fieldRows(bank);
    return this.once(use.fields, () =>
      this.graph.input(
        inputNames.fieldRows(bank),
        ['B', this.fields.length, dim],
        'float32',
        'embedding-rows',
      ),
    );
  }

  embedSequence(bank: string, dim: number, sequence: string): Node {
    const { maxLength } = this.sequence(sequence);
    const name = inputNames.sequenceRows(bank, sequence);
    this.bank(bank, dim).sequences.set(sequence, name);
    return this.once(name, () => this.graph.input(name, ['B', maxLength, dim], 'float32', 'embedding-rows'));
  }

  sequenceMask(sequence: string): Node {
    const { maxLength } = this.sequence(sequence);
    const name = inputNames.mask(sequence);
    return this.once(name, () => this.graph.input(name, ['B', maxLength], 'float32', 'mask'));
  }

  numeric(): Node | undefined {
    if (this.numericCount === 0) return undefined;
    return this.once(inputNames.numeric, () =>
      this.graph.input(inputNames.numeric, ['B', this.numericCount]),
    );
  }

  get labels(): Node {
    return this.once(inputNames.labels, () => {
      const labels = this.graph.input(inputNames.labels, ['B'], 'float32', 'label');
      return this.origin === 0 ? labels : sub(labels, this.origin);
    });
  }

  extraLabel(name: string): Node {
    if (!this.availableLabels.includes(name)) {
      throw new AutoModelError('UNKNOWN_COLUMN', `The dataset has no further label "${name}"`, {
        remedy:
          this.availableLabels.length === 0
            ? 'It has none.'
            : `Choose among ${this.availableLabels.join(', ')}.`,
        details: { label: name },
      });
    }
    this.extraLabels.add(name);
    const input = inputNames.extraLabel(name);
    return this.once(input, () => this.graph.input(input, ['B'], 'float32', 'label'));
  }

  private bank(name: string, dim: number): BankUse {
    const known = this.banks.get(name);
    if (known !== undefined && known.dim !== dim) {
      throw new AutoModelError(
        'GRAPH_INVALID',
        `Embedding bank "${name}" is asked for with ${known.dim} and with ${dim} dimensions`,
        {
          remedy: 'Give each dimension its own bank.',
          details: { bank: name },
        },
      );
    }
    const use = known ?? { name, dim, fields: undefined, sequences: new Map<string, string>() };
    this.banks.set(name, use);
    return use;
  }

  private sequence(name: string): SequenceSpec {
    const sequence = this.sequences.find((candidate) => candidate.name === name);
    if (sequence === undefined) {
      throw new AutoModelError(
        'UNKNOWN_COLUMN',
        `The model asks for sequence "${name}", which is not chosen`,
        {
          details: { sequence: name },
        },
      );
    }
    return sequence;
  }

  private once(name: string, make: () => Node): Node {
    const known = this.nodes.get(name);
    if (known !== undefined) return known;
    const node = make();
    this.nodes.set(name, node);
    return node;
  }
}
