import { AutoModelError } from '../platform/index.js';

/** What answers requests: a composition with its artefact, say. */
export interface Version {
  readonly name: string;
  close(): Promise<void>;
}

/** The right to use a version: it is not closed before it was given back. */
export interface Lease<V extends Version> {
  readonly version: V;
  /** safe to call twice */
  release(): void;
}

interface Live<V extends Version> {
  readonly version: V;
  users: number;
  /** called when the last user of a retired version left */
  drained: (() => void) | undefined;
}

/**
 * Versions that answer side by side. The default one takes what names none; a swap changes which one that is, and requests under
 * way finish on the one they began on. Nothing is swapped before the new version is loaded, so a version that cannot be loaded
 * changes nothing.
 */
export class LiveVersions<V extends Version> {
  private readonly live = new Map<string, Live<V>>();
  private readonly loading = new Map<string, Promise<V>>();
  private readonly leaving = new Set<Promise<void>>();
  private defaultName: string | undefined;
  private isClosed = false;

  get names(): readonly string[] {
    return [...this.live.keys()];
  }

  all(): readonly V[] {
    return [...this.live.values()].map(({ version }) => version);
  }

  get default(): string | undefined {
    return this.defaultName;
  }

  has(name: string): boolean {
    return this.live.has(name);
  }

  /** To look at it; what is to answer is acquired. @throws USAGE for a version that is not live */
  get(name: string): V {
    return this.required(name).version;
  }

  /**
   * Adds a version; one of that name that is there already is used again, and `load` is not called.
   * @param load throws when it cannot be loaded: nothing has changed then
   */
  async add(name: string, load: () => Promise<V>): Promise<V> {
    const there = this.live.get(name)?.version ?? this.loading.get(name);
    if (there !== undefined) return there;
    const loading = load();
    this.loading.set(name, loading);
    try {
      const version = await loading;
      if (this.isClosed) {
        await version.close();
        throw closed();
      }
      this.live.set(name, { version, users: 0, drained: undefined });
      this.defaultName ??= name;
      return version;
    } finally {
      this.loading.delete(name);
    }
  }

  /** From now on it takes what names no version. @throws USAGE for a version that is not live */
  makeDefault(name: string): void {
    this.required(name);
    this.defaultName = name;
  }

  /** Takes a version out; resolves when its last request is answered and it is closed. @throws USAGE for the default one */
  retire(name: string): Promise<void> {
    const live = this.required(name);
    if (name === this.defaultName && !this.isClosed)
      throw new AutoModelError('USAGE', `Version ${name} answers all requests that name none`, {
        remedy: 'Make another version the default first.',
        details: { version: name },
      });
    this.live.delete(name);
    const drained =
      live.users === 0 ? Promise.resolve() : new Promise<void>((resolve) => (live.drained = resolve));
    const left = drained.then(() => live.version.close());
    this.leaving.add(left);
    const forget = (): void => void this.leaving.delete(left);
    left.then(forget, forget);
    return left;
  }

  /** @throws USAGE when there is no such version, or none at all */
  acquire(name = this.defaultName): Lease<V> {
    if (this.isClosed) throw closed();
    const live = this.required(name);
    live.users += 1;
    let isHeld = true;
    return {
      version: live.version,
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        live.users -= 1;
        if (live.users === 0) live.drained?.();
      },
    };
  }

  /** Takes no more, waits for what is under way, closes all. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.allSettled(this.loading.values());
    await Promise.all([...this.names.map((name) => this.retire(name)), ...this.leaving]);
  }

  private required(name: string | undefined): Live<V> {
    const live = name === undefined ? undefined : this.live.get(name);
    if (live !== undefined) return live;
    throw new AutoModelError(
      'USAGE',
      name === undefined ? 'No version is live' : `Version ${name} is not live`,
      {
        remedy: `Name one of ${this.names.join(', ') || 'none yet'}.`,
        details: { version: name, live: this.names },
      },
    );
  }
}

const closed = (): AutoModelError => new AutoModelError('USAGE', 'The service is closed');
