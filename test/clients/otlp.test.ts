import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeverityNumber } from '@opentelemetry/api-logs';
import { OTLPLogExporter as JsonExporter } from '@opentelemetry/exporter-logs-otlp-http';
import { OTLPLogExporter as ProtobufExporter } from '@opentelemetry/exporter-logs-otlp-proto';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { GrafanaClient } from '../support/grafana.ts';
import { type RunningHalogi, startHalogi } from '../support/halogi-process.ts';

const grafana = new GrafanaClient();
const folder = mkdtempSync(join(tmpdir(), 'halogi-otlp-'));
let server: RunningHalogi;

beforeAll(async () => {
  server = await startHalogi(folder);
  grafana.url = server.url;
});
afterAll(async () => {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
  vi.unstubAllEnvs();
});

const nowMs = Date.now();
const RANGE = { start: BigInt(nowMs - 60_000) * 1_000_000n, end: BigInt(nowMs + 60_000) * 1_000_000n };

/** Sends three records by an exporter of the OpenTelemetry SDK. */
async function send(service: string, exporter: JsonExporter | ProtobufExporter): Promise<void> {
  const provider = new LoggerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'service.namespace': 'shop',
      'k8s.pod.name': 'pod-1',
      'host.name': 'host-1',
    }),
    processors: [new BatchLogRecordProcessor({ exporter })],
  });
  const logger = provider.getLogger('the-scope', '1.2.3');
  logger.emit({
    timestamp: nowMs,
    severityNumber: SeverityNumber.WARN,
    severityText: 'WARN',
    body: 'text body',
    attributes: { 'http.method': 'GET', status: 200, ok: true, tags: ['a', 'b'], nested: { deep: { key: 'v' } } },
  });
  logger.emit({ timestamp: nowMs + 1, severityNumber: SeverityNumber.ERROR, body: { message: 'map body', count: 2 } });
  logger.emit({ timestamp: nowMs + 2, body: 42 });
  await provider.shutdown();
}

describe.each([
  ['JSON', JsonExporter, 'none'],
  ['JSON, gzip', JsonExporter, 'gzip'],
  ['protobuf', ProtobufExporter, 'none'],
  ['protobuf, gzip', ProtobufExporter, 'gzip'],
] as const)('exporter of the OpenTelemetry SDK: %s', (name, Exporter, compression) => {
  it('stores resource attributes as labels, the rest as metadata, bodies as lines', async () => {
    const service = `otlp ${name}`;
    vi.stubEnv('OTEL_EXPORTER_OTLP_COMPRESSION', compression);
    await send(service, new Exporter({ url: `${grafana.url}/otlp/v1/logs` }));
    const rows = await grafana.rows(`{service_name="${service}"}`, { ...RANGE, direction: 'forward' });
    expect(rows.map(({ line }) => line)).toEqual(['text body', '{"count":2,"message":"map body"}', '42']);
    expect(rows.map(({ timeNs }) => timeNs)).toEqual([0, 1, 2].map((ms) => BigInt(nowMs + ms) * 1_000_000n));
    for (const { stream, metadata } of rows) {
      expect(stream).toEqual({ k8s_pod_name: 'pod-1', service_name: service, service_namespace: 'shop' });
      expect(metadata).toMatchObject({ host_name: 'host-1', scope_name: 'the-scope', scope_version: '1.2.3' });
      expect(metadata['observed_timestamp']).toMatch(/^\d{19}$/);
    }
    expect(rows[0]!.metadata).toMatchObject({
      detected_level: 'WARN',
      severity_number: '13',
      severity_text: 'WARN',
      http_method: 'GET',
      status: '200',
      ok: 'true',
      tags: '["a","b"]',
      nested_deep_key: 'v',
    });
    expect(rows[1]!.metadata).toMatchObject({ detected_level: 'error', severity_number: '17' });
    expect(rows[2]!.metadata).toMatchObject({ detected_level: 'unknown' });
  });
});
