import { randomBytes } from 'node:crypto';
import type { Disk } from '../base/disk/disk.ts';
import { LogError } from '../base/errors.ts';
import type { RemovalProgress } from '../store/lifecycle/row-removal.ts';
import type { Tombstone } from '../store/tenant/tombstones.ts';
import { DeleteFiles } from './delete-files.ts';
import { type DeleteRequest, parseDeleteParams, requireTime, tombstoneOf } from './delete-request.ts';

/** What deletes need of the store. */
interface DeletingStore {
  hide(tenant: string, tombstones: readonly Tombstone[]): void;
  removeRows(tenant: string, tombstone: Tombstone, onProgress: (progress: RemovalProgress) => void): Promise<void>;
}

export interface DeletesOptions {
  readonly disk: Disk;
  readonly dataFolder: string;
  readonly store: DeletingStore;
  /** How long a request can be taken back, milliseconds; then its rows are removed. */
  readonly cancelPeriodMs: number;
  readonly modeOf: (tenant: string) => string;
  readonly nowMs: () => number;
  readonly log: {
    info(values: object, text: string): void;
    error(values: object, text: string): void;
  };
}

/** Requests of a tenant that are not processed: each is looked at by every query in its range. */
const MAX_PENDING = 1000;
/** Processed requests that a tenant's list shows. */
const MAX_PROCESSED = 1000;
/** How often requests that are due are looked for; also the wait after one has failed. */
const TICK_MS = 30_000;

/** One request as Loki's listing has it, and what was removed. */
export interface ListedDelete {
  readonly request_id: string;
  readonly start_time: number;
  readonly end_time: number;
  readonly query: string;
  readonly status: string;
  readonly created_at: number;
  readonly user_id: string;
  readonly deleted_lines: number;
  readonly deleted_bytes: number;
}

/**
 * Delete requests: their rows are hidden as soon as a request is durable, and removed from the segments when it can no longer be taken
 * back.
 */
export class Deletes {
  readonly #options: DeletesOptions;
  readonly #files: DeleteFiles;
  readonly #byTenant = new Map<string, readonly DeleteRequest[]>();
  readonly #progress = new Map<string, RemovalProgress>();
  #changes: Promise<unknown> = Promise.resolve();
  #removal: Promise<void> | undefined;
  #ticker: NodeJS.Timeout | undefined;

  constructor(options: DeletesOptions) {
    this.#options = options;
    this.#files = new DeleteFiles(options.disk, options.dataFolder);
  }

  /** Hides what was asked to be deleted before; call it before the first query. @throws LogError FORMAT_UNKNOWN */
  async start(): Promise<void> {
    for (const [tenant, requests] of await this.#files.load()) {
      this.#byTenant.set(tenant, requests);
      this.#hide(tenant);
    }
    void this.removeDue();
    this.#ticker = setInterval(() => void this.removeDue(), TICK_MS);
    this.#ticker.unref();
  }

  /**
   * Takes a request.
   *
   * @returns its id, when it is durable and its rows are hidden
   * @throws LogError BAD_PARAMETER in Loki's words, QUERY_LIMIT for too many at once
   */
  async add(tenant: string, params: URLSearchParams): Promise<string> {
    this.#checkMode(tenant);
    const createdMs = this.#options.nowMs();
    const wanted = parseDeleteParams(params, createdMs);
    const added = await this.#change(tenant, (requests) => {
      if (requests.filter(({ status }) => status === 'received').length >= MAX_PENDING)
        throw new LogError('QUERY_LIMIT', `too many pending delete requests (limit: ${MAX_PENDING})`, { status: 429 });
      const id = randomBytes(4).toString('hex');
      const request: DeleteRequest = { id, ...wanted, createdMs, status: 'received', rows: 0, lineBytes: 0 };
      return { requests: [...requests, request], answer: id };
    });
    if (this.#options.cancelPeriodMs === 0) void this.removeDue();
    return added;
  }

  /** Requests of a tenant, the oldest first; with a range, those that overlap it. @throws LogError BAD_PARAMETER */
  list(tenant: string, params: URLSearchParams): readonly ListedDelete[] {
    this.#checkMode(tenant);
    const [start, end] = [params.get('start') ?? '', params.get('end') ?? ''];
    const startMs = start === '' ? Number.NEGATIVE_INFINITY : requireTime(start, 'start');
    const endMs = end === '' ? Number.POSITIVE_INFINITY : requireTime(end, 'end');
    return this.#of(tenant)
      .filter((request) => request.startMs <= endMs && request.endMs >= startMs)
      .map((request) => this.#listed(tenant, request));
  }

  /**
   * Takes a request back: its rows are there again, but for those that were removed.
   *
   * @throws LogError BAD_PARAMETER; NOT_FOUND as status 404
   */
  async cancel(tenant: string, params: URLSearchParams): Promise<void> {
    this.#checkMode(tenant);
    const id = params.get('request_id') ?? '';
    // Loki takes an empty id for all requests.
    if (id === '') throw new LogError('BAD_PARAMETER', 'request_id not set');
    const isForced = params.get('force') === 'true';
    await this.#change(tenant, (requests) => {
      const request = requests.find((one) => one.id === id);
      if (request === undefined)
        throw new LogError('BAD_PARAMETER', 'could not find delete request with given id', { status: 404 });
      const isDone = request.status === 'processed';
      const isDue = this.#isDue(request) || this.#progress.has(id);
      if (isDone || (isDue && !isForced))
        throw new LogError(
          'BAD_PARAMETER',
          'deletion of request which is in process or already processed is not allowed',
        );
      return { requests: requests.filter((one) => one !== request), answer: undefined };
    });
  }

  /** Removes the rows of all requests that are due, one request at a time. @returns resolves when none is left */
  removeDue(): Promise<void> {
    this.#removal ??= this.#removeAll().finally(() => {
      this.#removal = undefined;
    });
    return this.#removal;
  }

  async close(): Promise<void> {
    clearInterval(this.#ticker);
    await Promise.all([this.#removal, this.#changes.catch(() => undefined)]);
  }

  /** Requests that are not processed, of all tenants, and how old the oldest is in seconds; for metrics. */
  pending(): { readonly count: number; readonly oldestSeconds: number } {
    const all = [...this.#byTenant.values()].flat().filter(({ status }) => status === 'received');
    const oldestMs = Math.min(...all.map(({ createdMs }) => createdMs));
    return {
      count: all.length,
      oldestSeconds: all.length === 0 ? 0 : Math.max(0, this.#options.nowMs() - oldestMs) / 1000,
    };
  }

  async #removeAll(): Promise<void> {
    const failed = new Set<DeleteRequest>();
    for (let next = this.#nextDue(failed); next !== undefined; next = this.#nextDue(failed))
      if (!(await this.#removeOne(next.tenant, next.request))) failed.add(next.request);
  }

  #nextDue(without: ReadonlySet<DeleteRequest>): { tenant: string; request: DeleteRequest } | undefined {
    for (const [tenant, requests] of this.#byTenant) {
      if (this.#options.modeOf(tenant) !== 'filter-and-delete') continue;
      const request = requests.find((one) => one.status === 'received' && this.#isDue(one) && !without.has(one));
      if (request !== undefined) return { tenant, request };
    }
    return undefined;
  }

  /** @returns false when it has failed: the rows stay hidden, and it is tried again */
  async #removeOne(tenant: string, request: DeleteRequest): Promise<boolean> {
    const { store, log } = this.#options;
    const { id } = request;
    try {
      await store.removeRows(tenant, tombstoneOf(request), (progress) => this.#progress.set(id, progress));
      await this.#finish(tenant, id);
      log.info({ tenant, request: id, ...this.#progress.get(id) }, 'rows of a delete request removed');
      return true;
    } catch (err) {
      log.error({ err, tenant, request: id }, 'rows of a delete request not removed');
      return false;
    } finally {
      this.#progress.delete(id);
    }
  }

  async #finish(tenant: string, id: string): Promise<void> {
    const { rows = 0, lineBytes = 0 } = this.#progress.get(id) ?? {};
    await this.#change(tenant, (requests) => {
      const next = requests.map((one) =>
        one.id === id ? { ...one, status: 'processed' as const, rows: one.rows + rows, lineBytes } : one,
      );
      const processed = next.filter(({ status }) => status === 'processed');
      const dropped = new Set(processed.slice(0, Math.max(0, processed.length - MAX_PROCESSED)));
      return { requests: next.filter((one) => !dropped.has(one)), answer: undefined };
    });
  }

  #isDue({ createdMs }: DeleteRequest): boolean {
    return createdMs + this.#options.cancelPeriodMs <= this.#options.nowMs();
  }

  #of(tenant: string): readonly DeleteRequest[] {
    return this.#byTenant.get(tenant) ?? [];
  }

  /** Changes the requests of a tenant, one change after the other: on disk first, then for queries. */
  #change<T>(
    tenant: string,
    make: (requests: readonly DeleteRequest[]) => { requests: readonly DeleteRequest[]; answer: T },
  ): Promise<T> {
    const done = this.#changes
      .catch(() => undefined)
      .then(async () => {
        const { requests, answer } = make(this.#of(tenant));
        await this.#files.save(tenant, requests);
        this.#byTenant.set(tenant, requests);
        this.#hide(tenant);
        return answer;
      });
    this.#changes = done;
    return done;
  }

  #hide(tenant: string): void {
    const active = this.#of(tenant).filter(({ status }) => status === 'received');
    this.#options.store.hide(tenant, active.map(tombstoneOf));
  }

  #checkMode(tenant: string): void {
    if (this.#options.modeOf(tenant) === 'disabled')
      throw new LogError('BAD_PARAMETER', 'deletion is not available for this tenant', { status: 403 });
  }

  #listed(tenant: string, request: DeleteRequest): ListedDelete {
    const progress = this.#progress.get(request.id);
    return {
      request_id: request.id,
      start_time: request.startMs / 1000,
      end_time: request.endMs / 1000,
      query: request.query,
      status: progress === undefined ? request.status : `${percentOf(progress)}% Complete`,
      created_at: request.createdMs / 1000,
      user_id: tenant,
      deleted_lines: request.rows + (progress?.rows ?? 0),
      deleted_bytes: request.lineBytes + (progress?.lineBytes ?? 0),
    };
  }
}

function percentOf({ segmentsDone, segmentsLeft }: RemovalProgress): number {
  const all = segmentsDone + segmentsLeft;
  return all === 0 ? 0 : Math.floor((segmentsDone * 100) / all);
}
