import { closeSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import snappy from 'snappy';
import { LogClock } from './clock.ts';
import { noKnownCounts } from './known-counts.ts';
import type { LineContext } from './line-context.ts';
import { makeLine } from './lines.ts';
import type { BodyInfo, DataParameters, Manifest } from './manifest.ts';
import { type MetadataPair, StreamEntries } from './push-body.ts';
import { Random } from './random.ts';
import { APPS, type LogStream, makeStreams } from './topology.ts';

/** Noon, so that a day of logs lies in two UTC days. Fixed: the same parameters give the same bytes at any time. */
const END_MS = Date.parse('2026-06-01T12:00:00Z');
/** The trace that is looked for is that of a line behind it. */
const TRACE_FROM_LINE = 10_000;
const AGENTS = 20;
const BODY_BYTES = 1_000_000;
const RAW_FLUSH_LINES = 8192;
/** First guess of a mean line, corrected while lines are made. */
const LINE_BYTES = 158;
const NO_METADATA: readonly MetadataPair[] = [];

interface Agent {
  readonly streams: number[];
  bytes: number;
  lines: number;
  rawBytes: number;
  newestMs: number;
}

/** Writes `bodies/NNNNNN.snappy`, `raw/<app>.log` and `manifest.json` into a folder. */
export class DataGenerator {
  readonly #folder: string;
  readonly #parameters: DataParameters;
  readonly #random: Random;
  readonly #context: LineContext;
  readonly #streams: LogStream[];
  readonly #entries: StreamEntries[];
  readonly #linesPerStream: Float64Array;
  readonly #agents: Agent[];
  readonly #raw = new Map<string, { readonly file: number; lines: string[] }>();
  readonly #bodies: BodyInfo[] = [];
  readonly #needle: string;
  readonly #startMs: number;
  #needleLines = 0;
  #trace = '';
  #traceLines = 0;
  #lines = 0;
  #rawBytes = 0;
  #metadataBytes = 0;
  #bodyBytes = 0;
  #snappyBytes = 0;

  constructor(folder: string, parameters: DataParameters) {
    this.#folder = folder;
    this.#parameters = parameters;
    this.#random = new Random(parameters.seed);
    this.#context = { random: this.#random, clock: new LogClock(), known: noKnownCounts(), errorFactor: 1 };
    this.#streams = makeStreams(this.#random, parameters.streams, AGENTS);
    this.#entries = this.#streams.map(() => new StreamEntries());
    this.#linesPerStream = new Float64Array(this.#streams.length);
    this.#agents = Array.from({ length: AGENTS }, () => ({
      streams: [],
      bytes: 0,
      lines: 0,
      rawBytes: 0,
      newestMs: 0,
    }));
    for (const [i, stream] of this.#streams.entries()) this.#agents[stream.agent]!.streams.push(i);
    this.#needle = this.#random.uuid();
    this.#startMs = END_MS - parameters.hours * 3_600_000;
  }

  run(): Manifest {
    mkdirSync(join(this.#folder, 'bodies'), { recursive: true });
    mkdirSync(join(this.#folder, 'raw'), { recursive: true });
    for (const { name } of APPS)
      this.#raw.set(name, { file: openSync(join(this.#folder, 'raw', `${name}.log`), 'w'), lines: [] });
    this.#writeSlices();
    for (const agent of this.#agents) this.#send(agent);
    for (const { file, lines } of this.#raw.values()) {
      if (lines.length > 0) writeSync(file, `${lines.join('\n')}\n`);
      closeSync(file);
    }
    const manifest = this.#manifest();
    writeFileSync(join(this.#folder, 'manifest.json'), JSON.stringify(manifest, null, 1));
    return manifest;
  }

  /** Log time in slices; within a slice each stream's lines are spread evenly, so that agents send in time order. */
  #writeSlices(): void {
    const { sizeMb, hours } = this.#parameters;
    const slices = Math.max(24, Math.round(hours * 60 * Math.min(1, 0.25 + sizeMb / 4000)));
    const sliceMs = (END_MS - this.#startMs) / slices;
    let lineBytes = LINE_BYTES;
    for (let slice = 0; slice < slices; slice++) {
      const part = slice / slices;
      // Two incidents, so that error rates over time are not flat.
      this.#context.errorFactor = part > 0.61 && part < 0.635 ? 12 : part > 0.2 && part < 0.21 ? 6 : 1;
      const lines = (sizeMb * 1e6 - this.#rawBytes) / (slices - slice) / lineBytes;
      const [linesBefore, bytesBefore] = [this.#lines, this.#rawBytes];
      for (const agent of this.#agents) {
        for (const stream of agent.streams)
          this.#writeStream(agent, stream, lines, this.#startMs + slice * sliceMs, sliceMs);
      }
      const made = this.#lines - linesBefore;
      if (made > 0) lineBytes = 0.7 * lineBytes + (0.3 * (this.#rawBytes - bytesBefore)) / made;
    }
  }

  #writeStream(agent: Agent, index: number, lines: number, fromMs: number, sliceMs: number): void {
    const stream = this.#streams[index]!;
    const random = this.#random;
    const share = lines * stream.rate;
    const count = Math.floor(share) + (random.fraction() < share % 1 ? 1 : 0);
    const raw = this.#raw.get(stream.app)!.lines;
    for (let i = 0; i < count; i++) {
      const atMs = fromMs + ((i + random.fraction() * 0.98) * sliceMs) / count;
      const second = Math.floor(atMs / 1000);
      const nanos = Math.min(999_999_999, Math.floor((atMs - second * 1000) * 1000) * 1000 + random.below(1000));
      this.#context.clock.set(second, Math.floor(nanos / 1e6));
      const line = this.#withNeedle(makeLine(this.#context, stream));
      const bytes = this.#entries[index]!.add(second, nanos, line, this.#metadata(stream));
      if (stream.cluster === 'prod' && line.includes('error')) this.#context.known.prodErrors++;
      this.#rawBytes += bytes;
      this.#linesPerStream[index]!++;
      raw.push(line);
      agent.lines++;
      agent.rawBytes += bytes;
      agent.bytes += bytes + 24;
      agent.newestMs = Math.max(agent.newestMs, Math.ceil(atMs));
      if (agent.bytes >= BODY_BYTES) this.#send(agent);
    }
    if (raw.length < RAW_FLUSH_LINES) return;
    writeSync(this.#raw.get(stream.app)!.file, `${raw.join('\n')}\n`);
    raw.length = 0;
  }

  #withNeedle(line: string): string {
    this.#lines++;
    if (this.#lines !== 1000 && this.#lines % 1_000_000 !== 500_000) return line;
    this.#needleLines++;
    return line.endsWith('}')
      ? `${line.slice(0, -1)},"request_id":"${this.#needle}"}`
      : `${line} request_id=${this.#needle}`;
  }

  #metadata({ app, traceId }: LogStream): readonly MetadataPair[] {
    if (app !== 'api-gateway' && app !== 'checkout') return NO_METADATA;
    this.#metadataBytes += 8 + 32 + 7 + 16;
    if (this.#trace === '' && this.#lines > TRACE_FROM_LINE) this.#trace = traceId;
    if (traceId === this.#trace) this.#traceLines++;
    return [
      ['trace_id', traceId],
      ['span_id', traceId.slice(0, 16)],
    ];
  }

  #send(agent: Agent): void {
    if (agent.lines === 0) return;
    const parts: Buffer[] = [];
    for (const i of agent.streams) {
      const entries = this.#entries[i]!;
      if (entries.length === 0) continue;
      parts.push(entries.encode(this.#streams[i]!.labelText));
      entries.clear();
    }
    const body = Buffer.concat(parts);
    const compressed = snappy.compressSync(body);
    writeFileSync(join(this.#folder, 'bodies', bodyFile(this.#bodies.length)), compressed);
    const { lines, rawBytes, newestMs } = agent;
    this.#bodies.push({ agent: this.#agents.indexOf(agent), lines, rawBytes, newestMs });
    this.#bodyBytes += body.length;
    this.#snappyBytes += compressed.length;
    Object.assign(agent, { bytes: 0, lines: 0, rawBytes: 0, newestMs: 0 });
  }

  #manifest(): Manifest {
    const linesBy = (
      key: (stream: LogStream) => string,
      amount = (i: number) => this.#linesPerStream[i]!,
    ): Record<string, number> => {
      const sums: Record<string, number> = {};
      for (const [i, stream] of this.#streams.entries()) sums[key(stream)] = (sums[key(stream)] ?? 0) + amount(i);
      return sums;
    };
    const linesPerPod = Object.values(linesBy(({ pod }) => pod)).sort((a, b) => b - a);
    return {
      parameters: this.#parameters,
      startMs: this.#startMs,
      endMs: END_MS,
      streams: this.#linesPerStream.filter((lines) => lines > 0).length,
      lines: this.#lines,
      rawBytes: this.#rawBytes,
      metadataBytes: this.#metadataBytes,
      bodyBytes: this.#bodyBytes,
      snappyBytes: this.#snappyBytes,
      bodies: this.#bodies,
      needle: this.#needle,
      needleLines: this.#needleLines,
      trace: this.#trace,
      traceLines: this.#traceLines,
      linesPerApp: linesBy(({ app }) => app),
      linesPerNamespace: linesBy(({ namespace }) => namespace),
      streamsPerNamespace: linesBy(
        ({ namespace }) => namespace,
        (i) => Math.min(1, this.#linesPerStream[i]!),
      ),
      linesOfTop10Pods: linesPerPod.slice(0, 10).reduce((sum, lines) => sum + lines, 0),
      known: this.#context.known,
    };
  }
}

/** File of a push body, by its number. */
export function bodyFile(index: number): string {
  return `${String(index).padStart(6, '0')}.snappy`;
}
