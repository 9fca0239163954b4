import { AutoModelError } from '../../platform/index.js';
import { ExperimentEvents, type ExperimentState } from '../../schema/index.js';
import type { JournalEvent } from '../../journal/index.js';

type Kind = keyof typeof ExperimentEvents;

/** All experiments of a project, by id: the projection of their journal. Kept up by handing it further events. */
export class ExperimentStates {
  private readonly states = new Map<string, ExperimentState>();

  get(id: string): ExperimentState | undefined {
    return this.states.get(id);
  }

  /** @throws EXPERIMENT_INVALID listing those that there are */
  need(id: string): ExperimentState {
    const state = this.states.get(id);
    if (state !== undefined) return state;
    const known = [...this.states.keys()];
    throw new AutoModelError('EXPERIMENT_INVALID', `There is no experiment ${JSON.stringify(id)}`, {
      remedy:
        known.length === 0 ? 'None was ever started here.' : `There are: ${known.slice(-20).join(', ')}.`,
      details: { experiment: id },
    });
  }

  /** In the order of their starts. */
  all(): ExperimentState[] {
    return [...this.states.values()];
  }

  running(): ExperimentState[] {
    return this.all().filter(({ status }) => status === 'running');
  }

  /** Events of other kinds (of later versions) are passed over. @throws JOURNAL_CORRUPT for a payload that is none */
  apply(event: Pick<JournalEvent, 'seq' | 'at' | 'kind' | 'payload'>): void {
    if (!Object.hasOwn(ExperimentEvents, event.kind)) return;
    const kind = event.kind as Kind;
    const parsed = ExperimentEvents[kind].safeParse(event.payload);
    if (!parsed.success) throw unreadable(event.seq, kind, parsed.error.issues[0].message);
    if (kind === 'experiment-started') {
      const { record } = ExperimentEvents[kind].parse(event.payload);
      const { share } = record.ramp.steps[0];
      this.states.set(record.id, {
        record,
        status: 'running',
        step: 0,
        epochs: [{ share, fromMs: event.at, toMs: null }],
        looks: [],
        overrides: record.overrides,
        ended: null,
      });
      return;
    }
    const { id } = parsed.data as { id: string };
    const state = this.states.get(id);
    if (state === undefined) throw unreadable(event.seq, kind, `no experiment ${id} was started`);
    this.states.set(id, changed(state, kind, event));
  }
}

function changed(
  state: ExperimentState,
  kind: Exclude<Kind, 'experiment-started'>,
  { at, payload }: Pick<JournalEvent, 'at' | 'payload'>,
): ExperimentState {
  switch (kind) {
    case 'experiment-allocated': {
      const { share, step } = ExperimentEvents[kind].parse(payload);
      return { ...state, step, epochs: [...closed(state.epochs, at), { share, fromMs: at, toMs: null }] };
    }
    case 'experiment-looked':
      return { ...state, looks: [...state.looks, ExperimentEvents[kind].parse(payload).look] };
    case 'experiment-overridden': {
      const { unit, variant } = ExperimentEvents[kind].parse(payload);
      const { [unit]: _, ...others } = state.overrides;
      return { ...state, overrides: variant === null ? others : { ...others, [unit]: variant } };
    }
    case 'experiment-stopped': {
      const { outcome, reason } = ExperimentEvents[kind].parse(payload);
      return {
        ...state,
        status: 'stopped',
        epochs: closed(state.epochs, at),
        ended: { atMs: at, outcome, reason },
      };
    }
  }
}

function closed(epochs: ExperimentState['epochs'], at: number): ExperimentState['epochs'] {
  return epochs.map((epoch, index) => (index === epochs.length - 1 ? { ...epoch, toMs: at } : epoch));
}

function unreadable(seq: number, kind: string, why: string): AutoModelError {
  return new AutoModelError(
    'JOURNAL_CORRUPT',
    `Event ${seq} of the experiments (${kind}) cannot be read: ${why}`,
    {
      remedy: 'It was written by another version, or by hand; use the version that wrote it.',
      details: { seq, kind },
    },
  );
}
