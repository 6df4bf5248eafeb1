import type { FastifyBaseLogger } from 'fastify';
import type { Deletes } from '../../deletes/deletes.ts';
import type { PushKind } from '../../ingest/push.ts';
import type { Limits } from '../../model/limits.ts';
import type { TailPiece } from '../../query/tail/tail-session.ts';
import type { RuleApi } from '../../rules/rule-api.ts';
import type { FoundDamage } from '../../store/segments/damage-ledger.ts';
import type { EntryFormat } from '../../wire/result/entry-json.ts';
import type { JsonPieces } from '../../wire/result/result-json.ts';
import type { TailParams } from '../../wire/tail-params.ts';

/**
 * What the routes need of the rest of the server. `server.ts` hands in the real parts, tests their doubles; the routes know
 * nothing behind these lines.
 */
export interface ServerParts {
  readonly push: PushService;
  readonly queries: QueryService;
  readonly tails: TailService;
  /** Loads them when they are first asked for. */
  readonly rules: () => Promise<RuleApi>;
  /** The same. */
  readonly deletes: () => Promise<Deletes>;
  readonly status: StatusService;
  readonly metrics: RequestMetrics;
  readonly limitsFor: (tenant: string) => Limits;
}

/** A push as it came. `body` may be reused after the promise of `push` settles. */
export interface PushRequest {
  readonly tenant: string;
  readonly kind: PushKind;
  readonly contentType: string | undefined;
  readonly contentEncoding: string | undefined;
  readonly body: Buffer;
}

export interface PushAnswer {
  readonly status: number;
  /** Empty on success. */
  readonly body: string | Buffer;
  readonly contentType: string | undefined;
}

/** Resolves when everything accepted is stored for good, also when the rest was refused. @throws LogError */
export interface PushService {
  push(request: PushRequest): Promise<PushAnswer>;
}

export interface QueryRequest {
  readonly tenant: string;
  /** A form body's values stand before those of the URL, so `get` prefers them. */
  readonly params: URLSearchParams;
  /** Of `X-Loki-Response-Encoding-Flags`, as sent. */
  readonly encodingFlags: readonly string[];
  /** `X-Query-Tags`, as sent: names the client in the log. */
  readonly tags?: string;
  /** No kept results, by `Cache-Control: no-cache`. */
  readonly fresh?: boolean;
  /** Aborts when the client leaves; the reason is a LogError. */
  readonly signal: AbortSignal;
}

/** JSON ready to send, in one piece or several, which may be made while they are sent. */
export type JsonText = string | Uint8Array | readonly (string | Uint8Array)[] | JsonPieces;

/** One method for each query endpoint: parameters in, JSON text out. All throw LogError (or the grammar's ParseError). */
export interface QueryService {
  query(request: QueryRequest): Promise<JsonText>;
  queryRange(request: QueryRequest): Promise<JsonText>;
  legacyQuery(request: QueryRequest): Promise<JsonText>;
  labels(request: QueryRequest): Promise<JsonText>;
  labelValues(request: QueryRequest, name: string): Promise<JsonText>;
  legacyLabels(request: QueryRequest): Promise<JsonText>;
  legacyLabelValues(request: QueryRequest, name: string): Promise<JsonText>;
  series(request: QueryRequest): Promise<JsonText>;
  indexStats(request: QueryRequest): Promise<JsonText>;
  indexShards(request: QueryRequest): Promise<JsonText>;
  patterns(request: QueryRequest): Promise<JsonText>;
  volume(request: QueryRequest): Promise<JsonText>;
  volumeRange(request: QueryRequest): Promise<JsonText>;
  detectedLabels(request: QueryRequest): Promise<JsonText>;
  detectedFields(request: QueryRequest): Promise<JsonText>;
  detectedFieldValues(request: QueryRequest, name: string): Promise<JsonText>;
  /** Lines of JSON, a page of rows at a time. */
  rows(request: QueryRequest): Promise<AsyncIterable<Uint8Array>>;
  /** The query printed in its pretty form. */
  formatQuery(text: string): Promise<string>;
}

export interface TailRequest {
  readonly tenant: string;
  readonly params: TailParams;
  readonly format: EntryFormat;
}

/** One open live tail. The callbacks are set by who opened it, before anything can happen. */
export interface Tail {
  /** Something can be taken. */
  onReady: () => void;
  /** The server ends the tail, for this reason; nothing comes after. */
  onEnd: (reason: string) => void;
  /** The next entries: at most so many, and not more bytes unless one has more. */
  take(maxRows: number, maxBytes: number): TailPiece | undefined;
  /** The client has left. */
  close(): void;
}

export interface TailService {
  /** @throws LogError for parameters and queries that are refused before a connection is upgraded */
  check(params: URLSearchParams): Promise<TailParams>;
  /** To be awaited before a client is told that its connection is open: `open` then sees rows from its first turn on. */
  ready(): Promise<void>;
  /** @throws LogError whose text is the reason to close with */
  open(request: TailRequest): Promise<Tail>;
}

interface BuildInfo {
  readonly version: string;
  readonly revision: string;
  readonly branch: string;
  readonly buildUser: string;
  readonly buildDate: string;
  readonly goVersion: string;
}

export interface StatusService {
  /** Undefined when ready, else the reason why not. */
  notReadyReason(): string | undefined;
  /** Cuts and writes the head; resolves when it is done. */
  flush(): Promise<void>;
  /** Effective settings as YAML; defaults only when asked for. */
  configText(mode: 'effective' | 'defaults'): string;
  /** Name and state (`Running`) of each part. */
  services(): readonly (readonly [string, string])[];
  /** Damage of the data folder that is known. */
  damage(): readonly FoundDamage[];
  logLevel(): string;
  /** @returns false when there is no such level */
  setLogLevel(level: string): boolean;
  readonly build: BuildInfo;
}

/** What `metrics.ts` learns of requests; the route is a name such as `loki_api_v1_push`. */
interface RequestMetrics {
  requestStarted(method: string, route: string): void;
  requestEnded(method: string, route: string, status: number, seconds: number): void;
  /** A request whose answer was an open stream has ended by its client. */
  streamEnded(route: string, webSocket: boolean, seconds: number): void;
  /** A request met an error that nobody foresaw. */
  unexpectedError(): void;
  /** The page of `GET /metrics`. */
  text(): Promise<string>;
  readonly contentType: string;
}

export interface HttpOptions {
  readonly authEnabled: boolean;
  readonly maxBodyBytes: number;
  /** Of all bodies in flight together. */
  readonly bodyBytes: number;
  readonly requestTimeoutMs: number;
  readonly logger: FastifyBaseLogger;
}
