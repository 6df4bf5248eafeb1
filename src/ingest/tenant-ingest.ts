import type { Limits } from '../model/limits.ts';
import type { SinkStream } from '../model/row-sink.ts';
import { compileLevelFields } from './level/level.ts';
import type { LevelFields } from './level/level-fields.ts';
import { TokenBucket } from './rate-limit.ts';
import { StreamCache } from './stream-cache.ts';

/** What ingest remembers of one tenant between requests. */
export class TenantIngest {
  readonly tenant: string;
  readonly streams: StreamCache;
  readonly bucket: TokenBucket = new TokenBucket();
  #streamBuckets = new WeakMap<SinkStream, TokenBucket>();
  #limits: Limits | undefined;
  #fields: LevelFields | undefined;

  constructor(tenant: string, maxCachedStreams?: number) {
    this.tenant = tenant;
    this.streams = new StreamCache(maxCachedStreams);
  }

  /** Level fields of these limits. Cached verdicts follow from limits, so new limits empty the stream cache. */
  prepare(limits: Limits): LevelFields {
    if (this.#limits !== limits || this.#fields === undefined) {
      this.streams.clear();
      this.#limits = limits;
      this.#fields = compileLevelFields(limits.logLevelFields, limits.logLevelFromJsonMaxDepth);
    }
    return this.#fields;
  }

  streamBucket(stream: SinkStream): TokenBucket {
    let bucket = this.#streamBuckets.get(stream);
    if (bucket === undefined) {
      bucket = new TokenBucket();
      this.#streamBuckets.set(stream, bucket);
    }
    return bucket;
  }
}
