import { compressSnappy } from '../../wire/push/snappy-body.ts';
import type { RecordedSample } from '../evaluate/group-runner.ts';
import type { TextMap } from '../model/rule-group.ts';
import type { RemoteWriteClient } from '../model/ruler-settings.ts';
import { errorText } from '../parse/rule-error.ts';
import { BackOff, waitFor } from '../send/back-off.ts';
import { type PostAnswer, post } from '../send/post.ts';
import { compileRelabel, type Relabel } from '../send/relabel.ts';
import { SampleQueue, type SampleQueueOptions } from './sample-queue.ts';
import { seriesBytes } from './series-bytes.ts';

const MAX_SERIES = 2000;
const MAX_BYTES = 1024 * 1024;

export interface RemoteWriteMeter {
  sent(client: string, samples: number, seconds: number): void;
  retried(client: string, samples: number): void;
  failed(client: string, samples: number): void;
  queueBytes(client: string, bytes: number): void;
}

export interface RemoteWriterOptions extends Omit<SampleQueueOptions, 'lost'> {
  readonly client: RemoteWriteClient;
  /** The client as a tenant has it; undefined: nothing is sent for the tenant. */
  readonly clientOf: (tenant: string) => RemoteWriteClient | undefined;
  readonly externalLabels: TextMap;
  readonly meter: RemoteWriteMeter;
  readonly warn: (details: object, text: string) => void;
}

/** Sends recorded samples to one receiver: through a queue on disk, again after errors that pass, in order. */
export class RemoteWriter {
  readonly #options: RemoteWriterOptions;
  readonly #queue: SampleQueue;
  readonly #relabelOf = new WeakMap<RemoteWriteClient, Relabel>();
  readonly #stopped = new AbortController();
  #sending: Promise<void> | undefined;

  constructor(options: RemoteWriterOptions) {
    this.#options = options;
    const { client, meter, warn } = options;
    this.#queue = new SampleQueue({
      ...options,
      lost: (samples, reason) => {
        meter.failed(client.name, samples);
        warn({ client: client.name, samples, reason }, 'recorded samples lost');
      },
    });
  }

  async start(): Promise<void> {
    await this.#queue.open();
    this.#wake();
  }

  /** Resolves when the samples are on disk. */
  async add(tenant: string, samples: readonly RecordedSample[]): Promise<void> {
    const client = this.#options.clientOf(tenant);
    if (client === undefined) return;
    const relabel = this.#relabel(client);
    const parts: Uint8Array[] = [];
    for (const sample of samples) {
      const labels = relabel({ ...this.#options.externalLabels, ...sample.labels });
      if (labels !== undefined) parts.push(seriesBytes(labels, sample));
    }
    if (parts.length === 0) return;
    const records = [];
    for (let from = 0; from < parts.length; from += MAX_SERIES) {
      const some = parts.slice(from, from + MAX_SERIES);
      records.push({ tenant, seriesCount: some.length, series: Buffer.concat(some) });
    }
    await this.#queue.append(records);
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#sending;
    await this.#queue.close();
  }

  #relabel(client: RemoteWriteClient): Relabel {
    let relabel = this.#relabelOf.get(client);
    if (relabel === undefined) {
      relabel = compileRelabel(client.relabel);
      this.#relabelOf.set(client, relabel);
    }
    return relabel;
  }

  #isAsked = false;

  #wake(): void {
    this.#isAsked = true;
    this.#sending ??= this.#send().finally(() => {
      this.#sending = undefined;
    });
  }

  async #send(): Promise<void> {
    const backOff = new BackOff();
    const { client, meter, warn } = this.#options;
    while (this.#isAsked && !this.#stopped.signal.aborted) {
      this.#isAsked = false;
      for (;;) {
        if (this.#stopped.signal.aborted) return;
        try {
          meter.queueBytes(client.name, this.#queue.bytes);
          const batch = await this.#queue.read(MAX_SERIES, MAX_BYTES);
          if (batch === undefined) break;
          const tenant = batch.records[0]!.tenant;
          const count = batch.records.reduce((sum, record) => sum + record.seriesCount, 0);
          const startedMs = performance.now();
          const answer = await this.#post(
            tenant,
            batch.records.map((record) => record.series),
          );
          if (this.#stopped.signal.aborted) return;
          const { status, text, retryAfterMs } = answer;
          if (status === 0 || status === 429 || status >= 500) {
            meter.retried(client.name, count);
            const waitMs = backOff.failed(retryAfterMs);
            warn(
              { client: client.name, tenant, status, reason: text, waitMs },
              'recorded samples not sent, trying again',
            );
            await waitFor(waitMs, this.#stopped.signal);
            continue;
          }
          backOff.succeeded();
          if (status >= 200 && status < 300) meter.sent(client.name, count, (performance.now() - startedMs) / 1000);
          else {
            meter.failed(client.name, count);
            warn({ client: client.name, tenant, status, reason: text, samples: count }, 'recorded samples refused');
          }
          await this.#queue.sent(batch.file, batch.offset);
        } catch (err) {
          warn({ err, client: client.name }, 'queue of recorded samples not readable, trying again');
          await waitFor(backOff.failed(), this.#stopped.signal);
        }
      }
    }
  }

  /** Status 0: nobody answered, or nobody is there for the tenant any more. */
  async #post(tenant: string, series: readonly Uint8Array[]): Promise<PostAnswer> {
    const client = this.#options.clientOf(tenant) ?? this.#options.client;
    const headers = {
      'content-type': 'application/x-protobuf',
      'content-encoding': 'snappy',
      'x-prometheus-remote-write-version': '0.1.0',
      'user-agent': 'halogi',
      'x-scope-orgid': tenant,
    };
    try {
      const body = compressSnappy(Buffer.concat(series));
      return await post(client.url, body, headers, client.http, client.timeoutMs, this.#stopped.signal);
    } catch (error) {
      return { status: 0, text: errorText(error), retryAfterMs: undefined };
    }
  }
}
