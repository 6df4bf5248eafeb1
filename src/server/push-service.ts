import { LogError } from '../base/errors.ts';
import type { PushAnswer, PushRequest, PushService } from '../http/request/parts.ts';
import { applyBatch } from '../ingest/apply-batch.ts';
import { push } from '../ingest/push.ts';
import { TenantIngest } from '../ingest/tenant-ingest.ts';
import { decodeWalBody } from '../ingest/wal-body.ts';
import type { Limits } from '../model/limits.ts';
import type { RowSink } from '../model/row-sink.ts';
import type { TailHub } from '../query/tail/tail-hub.ts';
import type { LogStore } from '../store/store.ts';
import type { LoggedPush } from '../store/store-options.ts';
import { PushBatch } from '../wire/push/push-batch.ts';
import type { Metrics } from './metrics.ts';

const MS_PER_HOUR = 3_600_000;

export interface PushServiceOptions {
  readonly limitsFor: (tenant: string) => Limits;
  readonly maxBodyBytes: number;
  readonly maxDecompressedBytes: number;
  readonly metrics: Metrics;
  readonly nowNs: () => bigint;
  /** Live tails, which see rows as they are appended. */
  readonly tails: Pick<TailHub, 'tap'>;
}

/** Joins ingest, store and metrics: pushes of clients, and those that the WAL remembers. */
export class StorePushService implements PushService {
  readonly #options: PushServiceOptions;
  readonly #tenants = new Map<string, TenantIngest>();
  readonly #replayBatch = new PushBatch();
  #store: LogStore | undefined;

  constructor(options: PushServiceOptions) {
    this.#options = options;
  }

  /** Replay comes before the store is open; pushes come after. */
  attach(store: LogStore): void {
    this.#store = store;
  }

  #ingest(tenant: string): TenantIngest {
    let ingest = this.#tenants.get(tenant);
    if (ingest === undefined) {
      ingest = new TenantIngest(tenant);
      this.#tenants.set(tenant, ingest);
    }
    return ingest;
  }

  async push(request: PushRequest): Promise<PushAnswer> {
    const store = this.#store;
    if (store === undefined) throw new LogError('SHUTTING_DOWN', 'the store is not open yet');
    const { tenant } = request;
    await store.admit();
    const limits = this.#options.limitsFor(tenant);
    const nowNs = this.#options.nowNs();
    const { maxBodyBytes, maxDecompressedBytes } = this.#options;
    const reply = await push(
      {
        kind: request.kind,
        headers: { contentType: request.contentType, contentEncoding: request.contentEncoding },
        body: request.body,
        bodyLimits: { maxBodyBytes, maxDecompressedBytes },
      },
      {
        state: this.#ingest(tenant),
        limits,
        sink: this.#options.tails.tap(tenant, store.sink(tenant)),
        nowNs,
        log: (record) => store.log(tenant, record.kind, record.body, Number(nowNs / 1_000_000n)),
      },
    );
    if (reply.outcome !== undefined) this.#count(request, limits, reply.outcome);
    return reply;
  }

  #count(
    request: PushRequest,
    limits: Limits,
    outcome: NonNullable<Awaited<ReturnType<typeof push>>['outcome']>,
  ): void {
    const { metrics } = this.#options;
    const format = request.kind === 'otlp' ? 'otlp' : 'loki';
    const retentionHours =
      limits.retentionPeriodMs === 0 ? '' : String(Math.floor(limits.retentionPeriodMs / MS_PER_HOUR));
    metrics.received({
      tenant: request.tenant,
      format,
      lines: outcome.receivedEntries,
      bytes: outcome.receivedBytes,
      retentionHours,
    });
    for (const [reason, { entries, bytes }] of outcome.discards)
      metrics.discarded({ tenant: request.tenant, format, reason, lines: entries, bytes, retentionHours });
  }

  /** Appends the rows of a record of the WAL again. */
  replay(record: LoggedPush, sink: RowSink): void {
    decodeWalBody(record.kind, record.body, this.#replayBatch);
    applyBatch(this.#replayBatch, {
      state: this.#ingest(record.tenant),
      limits: this.#options.limitsFor(record.tenant),
      sink,
      nowNs: BigInt(Math.floor(record.arrivalMs)) * 1_000_000n,
      policy: 'replay',
    });
  }
}
