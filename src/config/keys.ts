import { LIMIT_SPECS, limitDefault } from './limits.ts';
import { availableMemoryBytes, memoryDefaults } from './memory-defaults.ts';
import { RULER_SETTINGS } from './ruler-keys.ts';
import type { SettingSpec } from './setting-spec.ts';

export const DEFAULT_PORT = 3100;
const DEFAULT_DATA_DIR = './data';
export const LIMITS_SECTION = 'limits_config';
export const OVERRIDES_SECTION = 'overrides';

export const LOG_LEVELS = ['debug', 'info', 'warn', 'error'] as const;
export const WAL_SYNCS = ['always', 'interval'] as const;

/** Joining of segments. */
const MERGE_SETTINGS: readonly SettingSpec[] = [
  {
    key: 'merge.tier_segments',
    kind: 'count',
    default: 8,
    about: 'segments of like size of a day that are joined to one; 0: never',
  },
  {
    key: 'merge.min_age',
    kind: 'duration',
    default: 5 * 60_000,
    about: 'segments younger than this are joined only when they are four times as many',
  },
  {
    key: 'merge.max_segment_bytes',
    kind: 'size',
    default: 256 * 1024 * 1024,
    about: 'largest segment file that joining makes',
  },
  {
    key: 'merge.cold_after',
    kind: 'duration',
    default: 2 * 60 * 60_000,
    about: 'a day is packed when it ended so long ago and got no lines since; 0: never',
  },
  { key: 'merge.cold_level', kind: 'count', default: 9, about: 'zstd level of packed days, 1 to 19' },
  {
    key: 'merge.cpu_percent',
    kind: 'count',
    default: 50,
    about: 'share of one core that joining and packing may take, 1 to 100',
  },
];

/** Settings of the whole server, without the limits; `memory.*` defaults follow the memory that is there. */
function serverSettings(availableBytes: number = availableMemoryBytes()): readonly SettingSpec[] {
  const memory = memoryDefaults(availableBytes);
  return [
    { key: 'listen', kind: 'text', default: `0.0.0.0:${DEFAULT_PORT}`, about: 'address and port of the HTTP server' },
    { key: 'data', kind: 'text', default: DEFAULT_DATA_DIR, about: 'data folder; made when it is not there' },
    {
      key: 'auth_enabled',
      kind: 'flag',
      default: false,
      about: 'take the tenant from X-Scope-OrgID and refuse requests without it',
    },
    {
      key: 'wal.sync',
      kind: 'text',
      default: 'always',
      choices: WAL_SYNCS,
      about: 'always: a push is answered after its data is synced to disk; interval: synced once a second',
    },
    { key: 'server.max_body_bytes', kind: 'size', default: 100 * 1024 * 1024, about: 'largest request body' },
    {
      key: 'server.max_decompressed_bytes',
      kind: 'size',
      default: memory.decompressedBytes,
      about: 'largest request body after decompression',
    },
    {
      key: 'server.request_timeout',
      kind: 'duration',
      default: 60_000,
      about: 'time for a client to send a whole request',
    },
    { key: 'memory.head_bytes', kind: 'size', default: memory.headBytes, about: 'rows not yet written to segments' },
    {
      key: 'memory.cache_bytes',
      kind: 'size',
      default: memory.cacheBytes,
      about: 'skip filters of segments',
    },
    {
      key: 'memory.directory_bytes',
      kind: 'size',
      default: memory.directoryBytes,
      about: 'directories of the segments that were written or queried last',
    },
    {
      key: 'memory.result_cache_bytes',
      kind: 'size',
      default: memory.resultCacheBytes,
      about: 'partial results of metric queries over blocks of segments; 0: none are kept',
    },
    { key: 'memory.tally_cache_bytes', kind: 'size', default: memory.tallyCacheBytes, about: 'counts of rows, kept' },
    {
      key: 'memory.body_bytes',
      kind: 'size',
      default: memory.bodyBytes,
      about: 'bodies of all running requests together; a single one may always fill it',
    },
    {
      key: 'querier.tail_max_duration',
      kind: 'duration',
      default: 60 * 60_000,
      about: 'longest time of a live tail; its client may open another',
    },
    { key: 'query.workers', kind: 'count', default: 0, about: 'threads that scan; 0: one per core' },
    ...MERGE_SETTINGS,
    ...RULER_SETTINGS,
    {
      key: 'deletes.cancel_period',
      kind: 'duration',
      default: 24 * 60 * 60_000,
      about: 'how long a delete request can be taken back; its rows are hidden at once, and removed after this',
    },
    {
      key: 'retention.max_bytes',
      kind: 'size',
      default: 0,
      about: 'delete the oldest days when the data folder grows beyond this; 0: off',
    },
    {
      key: 'retention.min_free',
      kind: 'size',
      default: 0,
      about: 'delete the oldest days when the disk has less free than this; 0: off',
    },
    {
      key: 'log.level',
      kind: 'text',
      default: 'info',
      choices: LOG_LEVELS,
      about: 'least severe message that is logged',
    },
  ];
}

/** All settings: those of the server, then every limit under `limits_config`. */
export function allSettings(availableBytes?: number): readonly SettingSpec[] {
  const limits = LIMIT_SPECS.map(
    (limit): SettingSpec => ({
      key: `${LIMITS_SECTION}.${limit.key}`,
      kind: limit.kind,
      default: limitDefault(limit),
      about: limit.about,
    }),
  );
  return [...serverSettings(availableBytes), ...limits];
}

/** `wal.sync` is `HALOGI_WAL_SYNC` in the environment. */
export function environmentName(key: string): string {
  return `HALOGI_${key.replaceAll('.', '_').toUpperCase()}`;
}
