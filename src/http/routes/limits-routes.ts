import type { FastifyRequest } from 'fastify';
import { formatPromDuration } from '../../../grammar/literals.ts';
import { LogError } from '../../base/errors.ts';
import { yaml } from '../../base/yaml.ts';
import { SEVERAL_TENANTS } from '../../ingest/tenant.ts';
import type { Limits } from '../../model/limits.ts';
import type { RouteContext } from '../request/route-context.ts';
import { tenantOf } from '../request/tenant.ts';

/** Limits that clients may read: Logs Drilldown adapts its page to them. */
export function registerLimitsRoutes({ app, parts, options }: RouteContext): void {
  app.get('/loki/api/v1/drilldown-limits', { config: { errorSide: 'push' } }, (request, reply) => {
    // Loki refuses a request without tenant here even when it needs none elsewhere; the defaults are more useful.
    const limits = publishedLimits(parts.limitsFor(onlyTenant(request, options.authEnabled)));
    return reply
      .type('application/json; charset=utf-8')
      .send(JSON.stringify({ limits, pattern_ingester_enabled: true, version: parts.status.build.version }));
  });
  app.get('/config/tenant/v1/limits', { config: { errorSide: 'push' } }, (request, reply) => {
    const limits = publishedLimits(parts.limitsFor(tenantOf(request, options.authEnabled)));
    return reply.type('application/yaml').send(yaml().stringify(limits));
  });
}

/** @throws LogError as `tenantOf`; several tenants are 401 here, and 400 everywhere else */
function onlyTenant(request: FastifyRequest, authEnabled: boolean): string {
  try {
    return tenantOf(request, authEnabled);
  } catch (error) {
    if (error instanceof LogError && error.message === SEVERAL_TENANTS)
      throw new LogError('TENANT_INVALID', error.message, { status: 401 });
    throw error;
  }
}

function publishedLimits(limits: Limits): Record<string, unknown> {
  const duration = (ms: number): string => formatPromDuration(BigInt(ms) * 1_000_000n);
  return {
    discover_log_levels: limits.discoverLogLevels,
    discover_service_name: limits.discoverServiceName,
    log_level_fields: limits.logLevelFields,
    otlp_config: limits.otlpConfig === '' ? {} : JSON.parse(limits.otlpConfig),
    max_entries_limit_per_query: limits.maxEntriesLimitPerQuery,
    max_line_size_truncate: limits.maxLineSizeTruncate,
    max_query_bytes_read: `${limits.maxQueryBytesRead}B`,
    max_query_length: duration(limits.maxQueryLengthMs),
    max_query_lookback: duration(limits.maxQueryLookbackMs),
    max_query_range: duration(limits.maxQueryRangeMs),
    max_query_series: limits.maxQuerySeries,
    metric_aggregation_enabled: false,
    pattern_persistence_enabled: false,
    query_timeout: duration(limits.queryTimeoutMs),
    retention_period: duration(limits.retentionPeriodMs),
    volume_enabled: limits.volumeEnabled,
    volume_max_series: limits.volumeMaxSeries,
  };
}
