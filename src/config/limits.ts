import { DEFAULT_LIMITS, type Limits } from '../model/limits.ts';
import type { SettingKind, SettingValue } from './units.ts';

/** One key of `limits_config` (and of a tenant under `overrides`), the field of `Limits` that it fills, and its text for people. */
export interface LimitSpec {
  readonly key: string;
  readonly field: keyof Limits;
  readonly kind: SettingKind;
  readonly about: string;
}

function spec(key: string, field: keyof Limits, kind: SettingKind, about: string): LimitSpec {
  return { key, field, kind, about };
}

/** Every limit, in the order of the documents. Names, meanings and units are Loki's, but for `out_of_order_window`, which is ours. */
export const LIMIT_SPECS: readonly LimitSpec[] = [
  spec(
    'ingestion_rate_mb',
    'ingestionRateBytesPerSecond',
    'mebibytes',
    'bytes a tenant may push per second, in MiB; 0: no limit',
  ),
  spec(
    'ingestion_burst_size_mb',
    'ingestionBurstBytes',
    'mebibytes',
    'largest push under the rate above, in MiB; 0: one second of the rate',
  ),
  spec('per_stream_rate_limit', 'perStreamRateLimitBytes', 'size', 'bytes one stream may take per second; 0: no limit'),
  spec(
    'per_stream_rate_limit_burst',
    'perStreamRateLimitBurstBytes',
    'size',
    'burst of the rate above; 0: one second of it',
  ),
  spec('max_global_streams_per_user', 'maxGlobalStreamsPerUser', 'count', 'active streams of a tenant; 0: no limit'),
  spec('max_label_name_length', 'maxLabelNameLengthBytes', 'count', 'longest label name in bytes'),
  spec('max_label_value_length', 'maxLabelValueLengthBytes', 'count', 'longest label value in bytes'),
  spec('max_label_names_per_series', 'maxLabelNamesPerSeries', 'count', 'labels of a stream, service_name not counted'),
  spec('max_line_size', 'maxLineSizeBytes', 'size', 'longest line; 0: no limit'),
  spec('max_line_size_truncate', 'maxLineSizeTruncate', 'flag', 'cut longer lines instead of refusing them'),
  spec(
    'max_line_size_truncate_identifier',
    'maxLineSizeTruncateIdentifier',
    'text',
    'text that ends a line that was cut',
  ),
  spec('reject_old_samples', 'rejectOldSamples', 'flag', 'refuse lines older than reject_old_samples_max_age'),
  spec('reject_old_samples_max_age', 'rejectOldSamplesMaxAgeMs', 'duration', 'age limit for reject_old_samples'),
  spec('creation_grace_period', 'creationGracePeriodMs', 'duration', 'how far in the future a line may lie'),
  spec(
    'out_of_order_window',
    'outOfOrderWindowMs',
    'duration',
    'how far a line may lie behind the newest of its stream; 0: any age',
  ),
  spec(
    'increment_duplicate_timestamp',
    'incrementDuplicateTimestamp',
    'flag',
    'move a line by 1 ns when its time equals that of the line before',
  ),
  spec('allow_structured_metadata', 'allowStructuredMetadata', 'flag', 'accept structured metadata'),
  spec(
    'max_structured_metadata_size',
    'maxStructuredMetadataSizeBytes',
    'size',
    'names and values of the metadata of one line',
  ),
  spec(
    'max_structured_metadata_entries_count',
    'maxStructuredMetadataEntriesCount',
    'count',
    'metadata pairs of one line',
  ),
  spec(
    'discover_service_name',
    'discoverServiceName',
    'list',
    'labels that can supply service_name, first hit wins; empty: off',
  ),
  spec('discover_log_levels', 'discoverLogLevels', 'flag', 'add detected_level to every line'),
  spec('log_level_fields', 'logLevelFields', 'list', 'fields that hold a level'),
  spec(
    'log_level_from_json_max_depth',
    'logLevelFromJsonMaxDepth',
    'count',
    'how deep a JSON line is searched for a level',
  ),
  spec('enforced_labels', 'enforcedLabels', 'list', 'labels that every stream must have'),
  spec(
    'block_ingestion_until',
    'blockIngestionUntilMs',
    'moment',
    'refuse pushes until this moment; empty: not blocked',
  ),
  spec('block_ingestion_status_code', 'blockIngestionStatusCode', 'count', 'status of a refused push while blocked'),
  spec('otlp_config', 'otlpConfig', 'otlp', 'which attributes of OTLP become labels, metadata, or nothing'),
  spec('max_entries_limit_per_query', 'maxEntriesLimitPerQuery', 'count', 'highest limit of a log query'),
  spec('max_query_series', 'maxQuerySeries', 'count', 'series in the result of a metric query'),
  spec('max_query_length', 'maxQueryLengthMs', 'duration', 'longest span from start to end; 0: no limit'),
  spec('max_query_range', 'maxQueryRangeMs', 'duration', 'longest [range] of a metric query; 0: no limit'),
  spec('max_query_lookback', 'maxQueryLookbackMs', 'duration', 'how far back a query may see; 0: everything'),
  spec('max_query_bytes_read', 'maxQueryBytesRead', 'size', 'bytes a query may read; 0: no limit'),
  spec('max_streams_matchers_per_query', 'maxStreamsMatchersPerQuery', 'count', 'matchers of a query'),
  spec('max_concurrent_tail_requests', 'maxConcurrentTailRequests', 'count', 'live tails of a tenant at once'),
  spec('query_timeout', 'queryTimeoutMs', 'duration', 'a query that takes longer is ended'),
  spec(
    'split_queries_by_interval',
    'splitQueriesByIntervalMs',
    'duration',
    'decides how range queries align to their step',
  ),
  spec('required_labels', 'requiredLabels', 'list', 'labels that every selector must name'),
  spec('minimum_labels_number', 'minimumLabelsNumber', 'count', 'matchers that every selector must have'),
  spec('volume_enabled', 'volumeEnabled', 'flag', 'serve index/volume'),
  spec('volume_max_series', 'volumeMaxSeries', 'count', 'rows of a volume result'),
  spec('enable_multi_variant_queries', 'enableMultiVariantQueries', 'flag', 'allow variants(...)'),
  spec('ruler_max_rules_per_rule_group', 'rulerMaxRulesPerRuleGroup', 'count', 'rules of a group; 0: no limit'),
  spec(
    'ruler_max_rule_groups_per_tenant',
    'rulerMaxRuleGroupsPerTenant',
    'count',
    'rule groups of a tenant made by the API; 0: no limit',
  ),
  spec(
    'ruler_evaluation_delay_duration',
    'rulerEvaluationDelayMs',
    'duration',
    'how far behind the clock rules are evaluated, for lines that come late',
  ),
  spec('ruler_remote_write_disabled', 'rulerRemoteWriteDisabled', 'flag', 'send no recorded samples'),
  spec(
    'ruler_remote_write_config',
    'rulerRemoteWriteConfig',
    'json',
    'by name of a remote-write client: url, headers, basic_auth, authorization, write_relabel_configs of its own',
  ),
  spec(
    'deletion_mode',
    'deletionMode',
    'text',
    'delete requests: filter-and-delete, filter-only (hide, remove nothing) or disabled',
  ),
  spec('retention_period', 'retentionPeriodMs', 'duration', 'delete lines older than this; 0: keep for ever'),
];

/** Default of a limit. */
export function limitDefault(limit: LimitSpec): SettingValue {
  return DEFAULT_LIMITS[limit.field];
}

/** `base` with the given values (parsed, by Loki's key) in place; frozen. */
export function withLimits(base: Limits, valueByKey: ReadonlyMap<string, SettingValue>): Limits {
  const fields: Record<string, SettingValue> = {};
  for (const limit of LIMIT_SPECS) {
    const value = valueByKey.get(limit.key);
    if (value !== undefined) fields[limit.field] = value;
  }
  return Object.freeze({ ...base, ...fields });
}
