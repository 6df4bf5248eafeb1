/** What a query did, in our terms; `statsJson` spells it out as the object that Loki's clients read. */
export interface QueryStats {
  readonly execSeconds: number;
  readonly queueSeconds: number;
  /** Tasks the query was cut into. */
  readonly tasks: number;
  /** Lines of a log query, series of a metric query. */
  readonly entriesReturned: number;
  readonly linesProcessed: number;
  readonly bytesProcessed: number;
  readonly linesMatched: number;
  readonly chunksMatched: number;
  readonly chunksRead: number;
  readonly compressedBytes: number;
  readonly decompressedBytes: number;
  readonly headLines: number;
  readonly headBytes: number;
  readonly duplicates: number;
}

export const NO_STATS: QueryStats = {
  execSeconds: 0,
  queueSeconds: 0,
  tasks: 0,
  entriesReturned: 0,
  linesProcessed: 0,
  bytesProcessed: 0,
  linesMatched: 0,
  chunksMatched: 0,
  chunksRead: 0,
  compressedBytes: 0,
  decompressedBytes: 0,
  headLines: 0,
  headBytes: 0,
  duplicates: 0,
};

const CACHE = {
  entriesFound: 0,
  entriesRequested: 0,
  entriesStored: 0,
  bytesReceived: 0,
  bytesSent: 0,
  requests: 0,
  downloadTime: 0,
  queryLengthServed: 0,
};

const CACHES = {
  chunk: CACHE,
  index: CACHE,
  result: CACHE,
  statsResult: CACHE,
  volumeResult: CACHE,
  seriesResult: CACHE,
  labelResult: CACHE,
  instantMetricResult: CACHE,
};

const DATAOBJ = {
  prePredicateDecompressedRows: 0,
  prePredicateDecompressedBytes: 0,
  prePredicateDecompressedStructuredMetadataBytes: 0,
  postPredicateRows: 0,
  postPredicateDecompressedBytes: 0,
  postPredicateStructuredMetadataBytes: 0,
  postFilterRows: 0,
  pagesScanned: 0,
  pagesDownloaded: 0,
  pagesDownloadedBytes: 0,
  pageBatches: 0,
  totalRowsAvailable: 0,
  totalPageDownloadTime: 0,
};

function store(stats: QueryStats, closed: boolean): object {
  const own = (value: number): number => (closed ? value : 0);
  const head = (value: number): number => (closed ? 0 : value);
  return {
    totalChunksRef: own(stats.chunksMatched),
    totalChunksDownloaded: own(stats.chunksRead),
    chunksDownloadTime: 0,
    queryReferencedStructuredMetadata: false,
    queryUsedV2Engine: false,
    chunk: {
      headChunkBytes: head(stats.headBytes),
      headChunkLines: head(stats.headLines),
      decompressedBytes: own(stats.decompressedBytes),
      decompressedLines: own(stats.linesProcessed - stats.headLines),
      compressedBytes: own(stats.compressedBytes),
      totalDuplicates: own(stats.duplicates),
      postFilterLines: own(stats.linesMatched),
      headChunkStructuredMetadataBytes: 0,
      decompressedStructuredMetadataBytes: 0,
    },
    chunkRefsFetchTime: 0,
    congestionControlLatency: 0,
    pipelineWrapperFilteredLines: 0,
    dataobj: DATAOBJ,
  };
}

/** The `stats` object with all its keys; what has no meaning here is 0. Closed segments are `store`, the head is `ingester`. */
export function statsJson(stats: QueryStats): string {
  const perSecond = (amount: number): number => (stats.execSeconds > 0 ? Math.round(amount / stats.execSeconds) : 0);
  return JSON.stringify({
    summary: {
      bytesProcessedPerSecond: perSecond(stats.bytesProcessed),
      linesProcessedPerSecond: perSecond(stats.linesProcessed),
      totalBytesProcessed: stats.bytesProcessed,
      totalLinesProcessed: stats.linesProcessed,
      execTime: stats.execSeconds,
      queueTime: stats.queueSeconds,
      subqueries: 0,
      totalEntriesReturned: stats.entriesReturned,
      splits: 0,
      shards: stats.tasks,
      totalPostFilterLines: stats.linesMatched,
      totalStructuredMetadataBytesProcessed: 0,
    },
    querier: { store: store(stats, true) },
    ingester: {
      totalReached: stats.headLines > 0 ? 1 : 0,
      totalChunksMatched: 0,
      totalBatches: 0,
      totalLinesSent: 0,
      store: store(stats, false),
    },
    cache: CACHES,
    index: {
      totalChunks: stats.chunksMatched,
      postFilterChunks: stats.chunksRead,
      shardsDuration: 0,
      usedBloomFilters: false,
    },
  });
}
