/**
 * Cost per line of decode, validation, level detection and append into a sink that only counts.
 * Run: node bench/micro/ingest.ts [rounds]
 */
import protobuf from 'protobufjs';
import { applyBatch } from '../../src/ingest/apply-batch.ts';
import { decodePush } from '../../src/ingest/push.ts';
import { TenantIngest } from '../../src/ingest/tenant-ingest.ts';
import type { Labels } from '../../src/model/labels.ts';
import { DEFAULT_LIMITS } from '../../src/model/limits.ts';
import type { RowSink, SinkStream } from '../../src/model/row-sink.ts';
import { PushBatch } from '../../src/wire/push-batch.ts';
import { compressSnappy } from '../../src/wire/snappy-body.ts';

const BODY_BYTES = 1024 * 1024;
const STREAMS = 120;
const rounds = Number(process.argv[2] ?? 60);

/** A small seeded generator, so that every run has the same lines. */
function randomSource(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 0x1_0000_0000;
  };
}

const random = randomSource(7);
const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)]!;
const hex = (count: number): string =>
  Array.from({ length: count }, () => Math.floor(random() * 16).toString(16)).join('');
const PATHS = ['/api/v1/cart', '/checkout', '/static/app.js', '/products/42', '/health'];
const WORDS = ['request', 'completed', 'cache', 'miss', 'for', 'session', 'queued', 'shard', 'leader', 'changed'];

const SHAPES: Readonly<Record<string, () => string>> = {
  nginx: () =>
    `10.${Math.floor(random() * 255)}.3.9 - - [23/Nov/2026:12:00:00 +0000] "GET ${pick(PATHS)} HTTP/1.1" 200 ${Math.floor(random() * 9999)} "https://shop.example/" "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101"`,
  json: () =>
    `{"ts":"2026-11-23T12:00:00Z","level":"${pick(['info', 'warn', 'error'])}","trace_id":"${hex(32)}","msg":"${pick(WORDS)} ${pick(WORDS)}","user":"u${Math.floor(random() * 1000)}","latency_ms":${Math.floor(random() * 900)}}`,
  logfmt: () =>
    `ts=2026-11-23T12:00:00Z level=${pick(['info', 'debug', 'error'])} caller=server.go:${Math.floor(random() * 900)} msg="${pick(WORDS)} ${pick(WORDS)} ${pick(WORDS)}" duration=${Math.floor(random() * 900)}ms trace=${hex(16)}`,
  plain: () => Array.from({ length: 22 }, () => pick(WORDS)).join(' '),
};

interface BenchStream {
  readonly labels: Record<string, string>;
  readonly entries: { ns: bigint; line: string; metadata: Record<string, string> }[];
}

function buildStreams(
  shape: () => string,
  withMetadata: boolean,
): { streams: BenchStream[]; lines: number; bytes: number } {
  const streams: BenchStream[] = Array.from({ length: STREAMS }, (_, i) => ({
    labels: { app: `app-${i % 12}`, namespace: 'shop', pod: `app-${i}-7d9f`, container: 'main', cluster: 'dev' },
    entries: [],
  }));
  let bytes = 0;
  let lines = 0;
  while (bytes < BODY_BYTES) {
    const line = shape();
    const metadata = withMetadata ? { trace_id: hex(32), pod_ip: '10.0.0.7', node: 'node-3' } : {};
    streams[Math.floor(random() * STREAMS)]!.entries.push({
      ns: 1_795_000_000_000_000_000n + BigInt(lines),
      line,
      metadata,
    });
    bytes += line.length;
    lines++;
  }
  return { streams, lines, bytes };
}

const schema = protobuf
  .parse(
    `syntax = "proto3"; message P { repeated S streams = 1; } message S { string labels = 1; repeated E entries = 2; }
     message T { int64 seconds = 1; int32 nanos = 2; } message L { string name = 1; string value = 2; }
     message E { T timestamp = 1; string line = 2; repeated L structuredMetadata = 3; }`,
  )
  .root.lookupType('P');

function protobufBody(streams: readonly BenchStream[]): Buffer {
  const message = streams.map(({ labels, entries }) => ({
    labels: `{${Object.entries(labels)
      .map(([name, value]) => `${name}="${value}"`)
      .join(', ')}}`,
    entries: entries.map(({ ns, line, metadata }) => ({
      timestamp: { seconds: Number(ns / 1_000_000_000n), nanos: Number(ns % 1_000_000_000n) },
      line,
      structuredMetadata: Object.entries(metadata).map(([name, value]) => ({ name, value })),
    })),
  }));
  return compressSnappy(Buffer.from(schema.encode(schema.fromObject({ streams: message })).finish()));
}

function jsonBody(streams: readonly BenchStream[]): Buffer {
  const body = streams.map(({ labels, entries }) => ({
    stream: labels,
    values: entries.map(({ ns, line, metadata }) => [String(ns), line, metadata]),
  }));
  return Buffer.from(JSON.stringify({ streams: body }));
}

class CountingSink implements RowSink {
  rows = 0;
  readonly #streams = new Map<string, SinkStream>();

  stream(labels: Labels): SinkStream {
    const key = labels.join();
    let stream = this.#streams.get(key);
    if (stream === undefined) {
      stream = { streamId: this.#streams.size, labels, newestNs: undefined, live: true };
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

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;

function run(name: string, contentType: string, body: Buffer, lines: number, bytes: number): void {
  const state = new TenantIngest('bench');
  const sink = new CountingSink();
  const batch = new PushBatch();
  const bodyLimits = { maxBodyBytes: 1e8, maxDecompressedBytes: 1e9 };
  const nowNs = 1_795_000_100_000_000_000n;
  const decodeNs: number[] = [];
  const applyNs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const started = process.hrtime.bigint();
    decodePush({ kind: 'push', headers: { contentType, contentEncoding: undefined }, body, bodyLimits }, nowNs, batch);
    const decoded = process.hrtime.bigint();
    applyBatch(batch, { state, limits: DEFAULT_LIMITS, sink, nowNs, policy: 'validate' });
    const applied = process.hrtime.bigint();
    if (round < rounds / 4) continue;
    decodeNs.push(Number(decoded - started) / lines);
    applyNs.push(Number(applied - decoded) / lines);
  }
  if (sink.rows !== lines * rounds) throw new Error(`${sink.rows} rows instead of ${lines * rounds}`);
  const [decode, apply] = [median(decodeNs), median(applyNs)];
  const rate = bytes / lines / (decode + apply);
  console.log(
    `${name.padEnd(26)} ${(bytes / lines).toFixed(0).padStart(4)} B/line  decode ${decode.toFixed(0).padStart(4)} ns  validate+append ${apply.toFixed(0).padStart(4)} ns  ${(rate * 1000).toFixed(0)} MB/s`,
  );
}

for (const [name, shape] of Object.entries(SHAPES)) {
  const { streams, lines, bytes } = buildStreams(shape, false);
  run(`protobuf ${name}`, 'application/x-protobuf', protobufBody(streams), lines, bytes);
  run(`json push ${name}`, 'application/json', jsonBody(streams), lines, bytes);
}
const rich = buildStreams(SHAPES['nginx']!, true);
run('protobuf nginx, metadata', 'application/x-protobuf', protobufBody(rich.streams), rich.lines, rich.bytes);
