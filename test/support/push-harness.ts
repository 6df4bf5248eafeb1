import { applyBatch, type BatchOutcome } from '../../src/ingest/apply-batch.ts';
import { type PushKind, type PushReply, push } from '../../src/ingest/push.ts';
import { TenantIngest } from '../../src/ingest/tenant-ingest.ts';
import { decodeWalBody, type WalBody } from '../../src/ingest/wal-body.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/model/limits.ts';
import { PushBatch } from '../../src/wire/push/push-batch.ts';
import { MemorySink } from './memory-sink.ts';

export const NOW_NS: bigint = 1_795_500_000_000_000_000n;

export interface SentPush {
  readonly kind?: PushKind;
  readonly contentType?: string | undefined;
  readonly contentEncoding?: string;
  readonly body: Buffer | string;
}

/** One tenant over a memory sink: sends pushes without HTTP, and replays what was logged into a second sink. */
export class PushHarness {
  readonly sink: MemorySink = new MemorySink();
  readonly state: TenantIngest;
  readonly limits: Limits;
  readonly records: WalBody[] = [];
  nowNs: bigint = NOW_NS;

  constructor(limits: Partial<Limits> = {}, tenant = 'fake') {
    this.limits = { ...DEFAULT_LIMITS, ...limits };
    this.state = new TenantIngest(tenant);
  }

  send(sent: SentPush): Promise<PushReply> {
    return push(
      {
        kind: sent.kind ?? 'push',
        headers: {
          contentType: 'contentType' in sent ? sent.contentType : 'application/json',
          contentEncoding: sent.contentEncoding,
        },
        body: Buffer.from(sent.body),
        bodyLimits: { maxBodyBytes: 100 * 2 ** 20, maxDecompressedBytes: 500 * 2 ** 20 },
      },
      {
        state: this.state,
        limits: this.limits,
        sink: this.sink,
        nowNs: this.nowNs,
        log: async ({ kind, body }) => {
          this.records.push({ kind, body: Uint8Array.from(body) });
        },
      },
    );
  }

  /** Sends streams as v1 JSON. */
  sendJson(...streams: { stream: Record<string, string>; values: unknown[] }[]): Promise<PushReply> {
    return this.send({ body: JSON.stringify({ streams }) });
  }

  replay(limits: Limits = this.limits): { sink: MemorySink; outcomes: BatchOutcome[] } {
    const sink = new MemorySink();
    const state = new TenantIngest(this.state.tenant);
    const batch = new PushBatch();
    const outcomes = this.records.map(({ kind, body }) => {
      decodeWalBody(kind, body, batch);
      return applyBatch(batch, { state, limits, sink, nowNs: this.nowNs, policy: 'replay' });
    });
    return { sink, outcomes };
  }
}
