import { applyBatch } from '../../src/ingest/apply-batch.ts';
import { decodePush } from '../../src/ingest/push.ts';
import { TenantIngest } from '../../src/ingest/tenant-ingest.ts';
import type { Labels } from '../../src/model/labels.ts';
import { DEFAULT_LIMITS } from '../../src/model/limits.ts';
import type { RowSink, SinkStream } from '../../src/model/row-sink.ts';
import { PushBatch } from '../../src/wire/push/push-batch.ts';
import { compressSnappy } from '../../src/wire/push/snappy-body.ts';
import { sampleLines } from '../logs/lines.ts';
import { type MetadataPair, StreamEntries } from '../logs/push-body.ts';
import { Random } from '../logs/random.ts';
import type { LineKind } from '../logs/topology.ts';
import { expectCount, type MicroBench } from './measure.ts';

const LINES = 6000;
const STREAMS = 120;
const START_SECOND = 1_780_000_000;
const NOW_NS = 1_780_001_000_000_000_000n;
const KINDS: readonly LineKind[] = ['nginx', 'json', 'logfmt', 'java', 'plain'];
const BODY_LIMITS = { maxBodyBytes: 1e8, maxDecompressedBytes: 1e9 };

/** A push body: decoded only, and validated and appended too, into a sink that only counts. */
export function ingestBenches(): MicroBench[] {
  const pushes = [...KINDS.flatMap((kind) => [protobufPush(kind, false), jsonPush(kind)]), protobufPush('nginx', true)];
  return pushes.flatMap((push) => [decodeBench(push), appendBench(push)]);
}

interface Push {
  readonly name: string;
  readonly contentType: string;
  readonly body: Buffer;
  /** Bytes of the lines. */
  readonly rawBytes: number;
}

/** Lines of one kind, dealt out to the streams one by one. */
function linesOf(kind: LineKind): { lines: readonly string[]; rawBytes: number } {
  const lines = sampleLines(kind, LINES);
  return { lines, rawBytes: lines.reduce((sum, line) => sum + Buffer.byteLength(line), 0) };
}

function labelsOf(stream: number): Record<string, string> {
  const app = `app-${stream % 12}`;
  return { app, cluster: 'dev', container: 'main', namespace: 'shop', pod: `${app}-${stream}-7d9f` };
}

function protobufPush(kind: LineKind, hasMetadata: boolean): Push {
  const { lines, rawBytes } = linesOf(kind);
  const random = new Random(11);
  const streams = Array.from({ length: STREAMS }, () => new StreamEntries());
  for (const [i, line] of lines.entries()) {
    const metadata: readonly MetadataPair[] = hasMetadata
      ? [
          ['trace_id', random.hex32()],
          ['pod_ip', '10.0.0.7'],
          ['node', 'node-3'],
        ]
      : [];
    streams[i % STREAMS]!.add(START_SECOND, i + 1, line, metadata);
  }
  const parts = streams.map((entries, i) => {
    const labels = Object.entries(labelsOf(i)).map(([name, value]) => `${name}="${value}"`);
    return entries.encode(Buffer.from(`{${labels.join(', ')}}`));
  });
  return {
    name: `protobuf ${kind}${hasMetadata ? ' with metadata' : ''}`,
    contentType: 'application/x-protobuf',
    body: compressSnappy(Buffer.concat(parts)),
    rawBytes,
  };
}

function jsonPush(kind: LineKind): Push {
  const { lines, rawBytes } = linesOf(kind);
  const streams = Array.from({ length: STREAMS }, (_, i) => ({
    stream: labelsOf(i),
    values: [] as [string, string][],
  }));
  for (const [i, line] of lines.entries()) {
    streams[i % STREAMS]!.values.push([String(BigInt(START_SECOND) * 1_000_000_000n + BigInt(i + 1)), line]);
  }
  return {
    name: `json push ${kind}`,
    contentType: 'application/json',
    body: Buffer.from(JSON.stringify({ streams })),
    rawBytes,
  };
}

function decode({ contentType, body }: Push, batch: PushBatch): void {
  const headers = { contentType, contentEncoding: undefined };
  decodePush({ kind: 'push', headers, body, bodyLimits: BODY_LIMITS }, NOW_NS, batch);
}

function decodeBench(push: Push): MicroBench {
  const batch = new PushBatch();
  return {
    name: `decode ${push.name} rows=${LINES}`,
    rows: LINES,
    bytes: push.rawBytes,
    run: () => {
      decode(push, batch);
      expectCount('streams', batch.streamCount, STREAMS);
    },
  };
}

function appendBench(push: Push): MicroBench {
  const batch = new PushBatch();
  const state = new TenantIngest('bench');
  const sink = new CountingSink();
  return {
    name: `decode, validate, append ${push.name} rows=${LINES}`,
    rows: LINES,
    bytes: push.rawBytes,
    run: () => {
      sink.rows = 0;
      decode(push, batch);
      applyBatch(batch, { state, limits: DEFAULT_LIMITS, sink, nowNs: NOW_NS, policy: 'validate' });
      expectCount('rows', sink.rows, LINES);
    },
  };
}

class CountingSink implements RowSink {
  rows = 0;
  readonly #streams = new Map<string, SinkStream>();

  stream(labels: Labels): SinkStream {
    const key = labels.join();
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = {
        streamId: this.#streams.size,
        labels,
        newestSeconds: Number.NEGATIVE_INFINITY,
        newestNanos: 0,
        live: true,
      };
      this.#streams.set(key, stream);
    }
    return stream;
  }

  streamCount(): number {
    return this.#streams.size;
  }

  has(): boolean {
    return true;
  }

  append(): boolean {
    this.rows++;
    return true;
  }
}
