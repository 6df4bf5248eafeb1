import type { LogStore } from '../store/store.ts';
import type { QueryParts, QueryPartsOptions } from './open-queries.ts';

/** Queries for nobody run so long (`query/warm-up/warm-up.ts`) while nobody asks. */
const WARM_UP_MS = 3000;
/** Who asks before they have run so long waits for them, but for the first one who does. */
const AWAITED_MS = 600;

type LazyQueriesOptions = QueryPartsOptions & { readonly store: Pick<LogStore, 'openRecent' | 'forgetAskers'> };

interface LoadedQueries {
  readonly parts: QueryParts;
  /** Settles when queries for nobody have ended. */
  readonly warm: Promise<void>;
}

/** The code of queries, loaded when the server is ready or when somebody asks: it is most of all code. */
export class LazyQueries {
  readonly #options: LazyQueriesOptions;
  #loaded: Promise<LoadedQueries> | undefined;
  #isAsked = false;
  #isClosing = false;

  constructor(options: LazyQueriesOptions) {
    this.#options = options;
  }

  load(): Promise<LoadedQueries> {
    this.#loaded ??= import('./open-queries.ts').then(({ openQueries }) => {
      const parts = openQueries(this.#options);
      return { parts, warm: this.#warm(parts) };
    });
    return this.#loaded;
  }

  /** Of somebody who asks. */
  async parts(): Promise<QueryParts> {
    const isFirst = !this.#isAsked;
    this.#isAsked = true;
    const { parts, warm } = await this.load();
    if (!isFirst) await warm;
    return parts;
  }

  async #warm(parts: QueryParts): Promise<void> {
    const { store, logger } = this.#options;
    try {
      await store.openRecent();
      const awaitedUntilMs = performance.now() + AWAITED_MS;
      const isOver = (): boolean => this.#isClosing || (this.#isAsked && performance.now() > awaitedUntilMs);
      await parts.warm(WARM_UP_MS, isOver);
      store.forgetAskers();
    } catch (err) {
      // Without it all is the same, but for some milliseconds.
      logger.warn({ err }, 'warm-up failed');
    }
  }

  close(): void {
    this.#isClosing = true;
  }
}
