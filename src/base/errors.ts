/**
 * One error class for the whole server: a stable `code`, a message for people, the values in `details`, the chain in
 * `cause`. The kind of a code decides how it is answered; `http/request/error-reply.ts` maps kinds to statuses.
 */

/** invalid: the caller's fault (400). limit: a configured limit (400 or 429 by code). corrupt: bytes on disk are damaged.
 * unavailable: temporary, try again (503). internal: our fault (500). */
export type ErrorKind =
  | 'invalid'
  | 'limit'
  | 'too-large'
  | 'rate'
  | 'auth'
  | 'not-found'
  | 'corrupt'
  | 'unavailable'
  | 'timeout'
  | 'cancelled'
  | 'internal';

export type ErrorCode =
  | 'QUERY_SYNTAX'
  | 'QUERY_INVALID'
  | 'QUERY_LIMIT'
  | 'QUERY_PIPELINE'
  | 'QUERY_EXECUTION'
  | 'QUERY_TIMEOUT'
  | 'QUERY_CANCELLED'
  | 'BAD_PARAMETER'
  | 'REGEX_SYNTAX'
  | 'PUSH_DECODE'
  | 'PUSH_TOO_LARGE'
  | 'PUSH_EMPTY'
  | 'PUSH_INVALID'
  | 'PUSH_RATE'
  | 'TENANT_MISSING'
  | 'TENANT_INVALID'
  | 'WAL_CORRUPT'
  | 'WAL_WRITE'
  | 'CHUNK_CORRUPT'
  | 'INDEX_CORRUPT'
  | 'FORMAT_UNKNOWN'
  | 'FOLDER_LOCKED'
  | 'DISK_FULL'
  | 'MEMORY_PRESSURE'
  | 'SHUTTING_DOWN'
  | 'CONFIG_INVALID'
  | 'INTERNAL';

/** Every code with its kind. Grouped by where it happens. */
export const ERROR_KINDS: Readonly<Record<ErrorCode, ErrorKind>> = {
  // parse and plan
  QUERY_SYNTAX: 'invalid',
  QUERY_INVALID: 'invalid',
  QUERY_LIMIT: 'limit',
  QUERY_PIPELINE: 'invalid',
  QUERY_EXECUTION: 'internal',
  QUERY_TIMEOUT: 'timeout',
  QUERY_CANCELLED: 'cancelled',
  BAD_PARAMETER: 'invalid',
  REGEX_SYNTAX: 'invalid',
  // push
  PUSH_DECODE: 'invalid',
  PUSH_TOO_LARGE: 'too-large',
  PUSH_EMPTY: 'invalid',
  PUSH_INVALID: 'invalid',
  PUSH_RATE: 'rate',
  TENANT_MISSING: 'auth',
  TENANT_INVALID: 'invalid',
  // storage
  WAL_CORRUPT: 'corrupt',
  WAL_WRITE: 'unavailable',
  CHUNK_CORRUPT: 'corrupt',
  INDEX_CORRUPT: 'corrupt',
  FORMAT_UNKNOWN: 'corrupt',
  FOLDER_LOCKED: 'unavailable',
  DISK_FULL: 'unavailable',
  MEMORY_PRESSURE: 'unavailable',
  SHUTTING_DOWN: 'unavailable',
  // start
  CONFIG_INVALID: 'invalid',
  INTERNAL: 'internal',
};

export interface LogErrorOptions {
  readonly details?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
  /** Overrides the HTTP status that the kind would give, where the recorded Loki answer differs from the rule. */
  readonly status?: number;
}

export class LogError extends Error {
  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;
  readonly status: number | undefined;

  constructor(code: ErrorCode, message: string, options: LogErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'LogError';
    this.code = code;
    this.details = options.details ?? {};
    this.status = options.status;
  }

  get kind(): ErrorKind {
    return ERROR_KINDS[this.code];
  }
}
