/**
 * Limits of a tenant. Keys, meanings and units are those of Loki's `limits_config`, so that a file can be taken over;
 * the camel case twin below carries parsed values with the unit in the name. Zero means "no limit" unless said.
 */
export interface Limits {
  // ingest
  readonly ingestionRateBytesPerSecond: number; // ingestion_rate_mb
  readonly ingestionBurstBytes: number; // ingestion_burst_size_mb
  readonly perStreamRateLimitBytes: number; // per_stream_rate_limit
  readonly perStreamRateLimitBurstBytes: number; // per_stream_rate_limit_burst
  readonly maxGlobalStreamsPerUser: number;
  readonly maxLabelNameLengthBytes: number;
  readonly maxLabelValueLengthBytes: number;
  readonly maxLabelNamesPerSeries: number;
  readonly maxLineSizeBytes: number;
  readonly maxLineSizeTruncate: boolean;
  readonly maxLineSizeTruncateIdentifier: string;
  readonly rejectOldSamples: boolean;
  readonly rejectOldSamplesMaxAgeMs: number;
  readonly creationGracePeriodMs: number;
  /** 0: lines of any age are taken (Halogi's default). Loki's own is 1 h. */
  readonly outOfOrderWindowMs: number;
  readonly incrementDuplicateTimestamp: boolean;
  readonly allowStructuredMetadata: boolean;
  readonly maxStructuredMetadataSizeBytes: number;
  readonly maxStructuredMetadataEntriesCount: number;
  readonly discoverServiceName: readonly string[];
  readonly discoverLogLevels: boolean;
  readonly logLevelFields: readonly string[];
  readonly logLevelFromJsonMaxDepth: number;
  readonly enforcedLabels: readonly string[];
  /** Milliseconds since the epoch; 0: not blocked. */
  readonly blockIngestionUntilMs: number;
  readonly blockIngestionStatusCode: number;
  /** `otlp_config` in the text form of model/otlp-rules.ts; empty: Loki's defaults. */
  readonly otlpConfig: string;
  // query
  readonly maxEntriesLimitPerQuery: number;
  readonly maxQuerySeries: number;
  readonly maxQueryLengthMs: number;
  readonly maxQueryRangeMs: number;
  readonly maxQueryLookbackMs: number;
  readonly maxQueryBytesRead: number;
  readonly maxStreamsMatchersPerQuery: number;
  readonly maxConcurrentTailRequests: number;
  readonly queryTimeoutMs: number;
  readonly splitQueriesByIntervalMs: number;
  readonly requiredLabels: readonly string[];
  readonly minimumLabelsNumber: number;
  readonly volumeEnabled: boolean;
  readonly volumeMaxSeries: number;
  readonly enableMultiVariantQueries: boolean;
  // rules
  readonly rulerMaxRulesPerRuleGroup: number;
  readonly rulerMaxRuleGroupsPerTenant: number;
  readonly rulerEvaluationDelayMs: number; // ruler_evaluation_delay_duration
  readonly rulerRemoteWriteDisabled: boolean;
  /** JSON: for names of clients what is different for the tenant; empty: nothing. */
  readonly rulerRemoteWriteConfig: string;
  // storage
  /** `filter-and-delete`, `filter-only` or `disabled`. */
  readonly deletionMode: string;
  /** 0: keep for ever. */
  readonly retentionPeriodMs: number;
}

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const KIB = 1024;

/** Loki 3.6.7's defaults, but for the rate limits, which would bite a single node, and the age limits: see docs/api.md. */
export const DEFAULT_LIMITS: Limits = {
  ingestionRateBytesPerSecond: 0,
  ingestionBurstBytes: 0,
  perStreamRateLimitBytes: 0,
  perStreamRateLimitBurstBytes: 0,
  maxGlobalStreamsPerUser: 0,
  maxLabelNameLengthBytes: 1024,
  maxLabelValueLengthBytes: 2048,
  maxLabelNamesPerSeries: 15,
  maxLineSizeBytes: 256 * KIB,
  maxLineSizeTruncate: false,
  maxLineSizeTruncateIdentifier: '',
  rejectOldSamples: false,
  rejectOldSamplesMaxAgeMs: 7 * DAY_MS,
  creationGracePeriodMs: 10 * 60_000,
  outOfOrderWindowMs: 0,
  incrementDuplicateTimestamp: false,
  allowStructuredMetadata: true,
  maxStructuredMetadataSizeBytes: 64 * KIB,
  maxStructuredMetadataEntriesCount: 128,
  discoverServiceName: [
    'service',
    'app',
    'application',
    'app_name',
    'name',
    'app_kubernetes_io_name',
    'container',
    'container_name',
    'k8s_container_name',
    'component',
    'workload',
    'job',
    'k8s_job_name',
  ],
  discoverLogLevels: true,
  logLevelFields: [
    'level',
    'LEVEL',
    'Level',
    'Severity',
    'severity',
    'SEVERITY',
    'lvl',
    'LVL',
    'Lvl',
    'severity_text',
    'Severity_Text',
    'SEVERITY_TEXT',
  ],
  logLevelFromJsonMaxDepth: 2,
  enforcedLabels: [],
  blockIngestionUntilMs: 0,
  blockIngestionStatusCode: 260,
  otlpConfig: '',
  maxEntriesLimitPerQuery: 5000,
  maxQuerySeries: 500,
  maxQueryLengthMs: 721 * HOUR_MS,
  maxQueryRangeMs: 0,
  maxQueryLookbackMs: 0,
  maxQueryBytesRead: 0,
  maxStreamsMatchersPerQuery: 1000,
  maxConcurrentTailRequests: 10,
  queryTimeoutMs: 60_000,
  splitQueriesByIntervalMs: HOUR_MS,
  requiredLabels: [],
  minimumLabelsNumber: 0,
  volumeEnabled: true,
  volumeMaxSeries: 1000,
  enableMultiVariantQueries: false,
  rulerMaxRulesPerRuleGroup: 0,
  rulerMaxRuleGroupsPerTenant: 0,
  rulerEvaluationDelayMs: 0,
  rulerRemoteWriteDisabled: false,
  rulerRemoteWriteConfig: '',
  deletionMode: 'filter-and-delete',
  retentionPeriodMs: 0,
};
