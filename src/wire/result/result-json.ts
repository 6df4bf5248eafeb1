import type { Labels } from '../../model/labels.ts';
import { JsonBytes } from '../json/json-bytes.ts';
import { putJsonLabels } from '../json/json-text.ts';
import { putSample, type ResultPoints, SampleLists } from './sample-json.ts';
import { type QueryStats, statsJson } from './stats-json.ts';

/**
 * Answers of the query endpoints in Loki's shape and member order: Grafana reads `data` in one pass, so `resultType` and
 * `encodingFlags` must come before `result`.
 */

/** Entries by label set, as they stand in the answer. */
export interface ResultStreams {
  readonly count: number;
  /** Writes the labels of a stream: a JSON object, or a text in the legacy format. */
  putLabels(out: JsonBytes, stream: number): void;
  /** Writes its entries, one at least, each with a comma behind it. */
  putEntries(out: JsonBytes, stream: number): void;
}

export interface ResultSeries extends ResultPoints {
  readonly labels: Labels;
}

export type ResultData =
  | {
      readonly resultType: 'streams';
      readonly streams: ResultStreams;
      readonly entryCount: number;
      readonly encodingFlags?: readonly string[];
    }
  | { readonly resultType: 'matrix' | 'vector'; readonly series: readonly ResultSeries[] }
  | { readonly resultType: 'scalar'; readonly timeMs: number; readonly value: number };

/** The flag that asks for labels by category. */
export const CATEGORIZE_LABELS = 'categorize-labels';

/** An answer is cut behind the series with which it reaches so much: the client reads one piece while the next is written. */
const PIECE_BYTES = 256 * 1024;
/** Memory for pieces that no answer uses. */
const idle: JsonBytes[] = [];
const MAX_IDLE = 2;

/** What is asked for beside the data. */
export interface ResultExtras {
  readonly warnings?: readonly string[] | undefined;
  /** What was planned and done. */
  readonly explain?: unknown;
  /** Called when the answer was written, or nobody wants more of it. */
  readonly done?: (() => void) | undefined;
}

/** An answer in pieces. Each is written when it is asked for, and holds until the next one is. */
export interface JsonPieces {
  readonly pieces: Generator<Uint8Array, void>;
}

interface Piece {
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

type Pieces = Generator<Piece, void>;

/** The body of `/query`, `/query_range` and the volume endpoints: whole, or in pieces when it is large. */
export function resultBody(data: ResultData, stats: QueryStats, extras: ResultExtras = {}): Uint8Array | JsonPieces {
  return bodyOf(inMemory((out) => resultPieces(out, data, stats, extras), extras.done));
}

/** The same, whole. */
export function resultJson(data: ResultData, stats: QueryStats, extras: ResultExtras = {}): Uint8Array {
  const body = resultBody(data, stats, extras);
  return body instanceof Uint8Array ? body : Buffer.concat(Array.from(body.pieces, (piece) => Buffer.from(piece)));
}

/** The body of the legacy `/api/prom/query`: streams with their labels as one text and times as RFC 3339. */
export function legacyStreamsBody(
  streams: ResultStreams,
  stats: QueryStats,
  warnings: readonly string[] = [],
): Uint8Array | JsonPieces {
  return bodyOf(inMemory((out) => legacyPieces(out, streams, stats, warnings)));
}

/** Writes pieces in memory that goes to the next answer when this one ends: when somebody asks for more behind the last piece, or for no more. */
function* inMemory(write: (out: JsonBytes) => Pieces, done?: (() => void) | undefined): Pieces {
  const out = idle.pop() ?? new JsonBytes();
  out.reset();
  try {
    yield* write(out);
  } finally {
    if (idle.length < MAX_IDLE && out.isWorthKeeping) idle.push(out);
    done?.();
  }
}

function bodyOf(pieces: Pieces): Uint8Array | JsonPieces {
  const first = pieces.next().value!;
  if (!first.isLast) return { pieces: bytesOf(first, pieces) };
  const whole = new Uint8Array(first.bytes);
  pieces.return();
  return whole;
}

function* bytesOf(first: Piece, rest: Pieces): Generator<Uint8Array, void> {
  try {
    yield first.bytes;
    for (const { bytes } of rest) yield bytes;
  } finally {
    rest.return();
  }
}

/** What is written so far as a piece; to be asked for when that is enough for one. */
function* endPiece(out: JsonBytes): Pieces {
  yield { bytes: out.view(), isLast: false };
  out.reset();
}

function* resultPieces(
  out: JsonBytes,
  data: ResultData,
  stats: QueryStats,
  { warnings = [], explain }: ResultExtras,
): Pieces {
  out.string(`{"status":"success","data":{"resultType":"${data.resultType}"`);
  if (data.resultType === 'streams' && data.encodingFlags !== undefined && data.encodingFlags.length > 0)
    out.string(`,"encodingFlags":${JSON.stringify(data.encodingFlags)}`);
  out.string(',"result":');
  yield* putResult(out, data);
  out.string(`,"stats":${statsJson(stats)}}`);
  if (warnings.length > 0) out.string(`,"warnings":${JSON.stringify(warnings)}`);
  if (explain !== undefined) out.string(`,"explain":${JSON.stringify(explain)}`);
  out.string('}');
  yield { bytes: out.view(), isLast: true };
}

function* putResult(out: JsonBytes, data: ResultData): Pieces {
  const put = (text: string): void => out.string(text);
  const putMetric = (labels: Labels, member: string): void => {
    put('{"metric":');
    putJsonLabels(labels, put);
    put(',');
    put(member);
  };
  switch (data.resultType) {
    case 'scalar':
      putSample(out, data.timeMs, data.value);
      return;
    case 'streams':
      yield* putStreams(out, data.streams, '{"stream":', ',"values":[');
      return;
    case 'vector':
      yield* putList(out, data.series, ({ labels, timesMs, values }) => {
        putMetric(labels, '"value":');
        putSample(out, timesMs[0]!, values[0]!);
        out.string('}');
      });
      return;
    case 'matrix': {
      const lists = new SampleLists(out);
      yield* putList(out, data.series, (series) => {
        putMetric(series.labels, '"values":');
        lists.put(series);
        out.string('}');
      });
    }
  }
}

function* putList<T>(out: JsonBytes, items: readonly T[], put: (item: T) => void): Pieces {
  out.string('[');
  for (let i = 0; i < items.length; i++) {
    if (i > 0) out.string(',');
    put(items[i]!);
    if (out.length >= PIECE_BYTES) yield* endPiece(out);
  }
  out.string(']');
}

/** `before` and `between` stand around the labels of a stream. */
function* putStreams(out: JsonBytes, streams: ResultStreams, before: string, between: string): Pieces {
  const [start, middle, end] = [Buffer.from(`,${before}`), Buffer.from(between), Buffer.from(']}')];
  out.string('[');
  for (let i = 0; i < streams.count; i++) {
    out.range(start, i > 0 ? 0 : 1, start.length);
    streams.putLabels(out, i);
    out.raw(middle);
    streams.putEntries(out, i);
    // The comma behind the last entry.
    out.length--;
    out.raw(end);
    if (out.length >= PIECE_BYTES) yield* endPiece(out);
  }
  out.string(']');
}

function* legacyPieces(out: JsonBytes, streams: ResultStreams, stats: QueryStats, warnings: readonly string[]): Pieces {
  out.string('{"streams":');
  yield* putStreams(out, streams, '{"labels":', ',"entries":[');
  out.string(`,"stats":${statsJson(stats)}`);
  if (warnings.length > 0) out.string(`,"warnings":${JSON.stringify(warnings)}`);
  out.string('}');
  yield { bytes: out.view(), isLast: true };
}
