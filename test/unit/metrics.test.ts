import { describe, expect, it } from 'vitest';
import { Metrics } from '../../src/server/metrics.ts';

describe('Metrics', () => {
  it('counts what was received and what was refused, with the labels that dashboards use', async () => {
    const metrics = new Metrics();
    metrics.received({ tenant: 't', format: 'loki', lines: 2, bytes: 60, retentionHours: '744' });
    metrics.received({ tenant: 't', format: 'loki', lines: 1, bytes: 40, retentionHours: '744' });
    metrics.discarded({ tenant: 't', format: 'otlp', reason: 'line_too_long', lines: 1, bytes: 9, retentionHours: '' });
    const page = await metrics.text();
    expect(page).toContain(
      'loki_distributor_bytes_received_total{tenant="t",is_internal_stream="false",policy="",format="loki",retention_hours="744"} 100',
    );
    expect(page).toContain(
      'loki_distributor_lines_received_total{tenant="t",is_internal_stream="false",policy="",format="loki"} 3',
    );
    expect(page).toContain(
      'loki_discarded_samples_total{reason="line_too_long",tenant="t",format="otlp",policy="",retention_hours=""} 1',
    );
    expect(page).toContain('loki_bytes_per_line_sum 70');
  });

  it('reads watched values when the page is read', async () => {
    const metrics = new Metrics();
    let value = 1;
    metrics.watch([
      { name: 'halogi_test_gauge', help: 'h', kind: 'gauge', read: () => value },
      { name: 'halogi_test_total', help: 'h', kind: 'counter', read: () => value },
    ]);
    expect(await metrics.text()).toContain('halogi_test_gauge 1\n');
    value = 5;
    const page = await metrics.text();
    expect(page).toContain('halogi_test_gauge 5\n');
    expect(page).toContain('# TYPE halogi_test_total counter\nhalogi_test_total 5\n');
  });

  it('observes queries and unexpected errors', async () => {
    const metrics = new Metrics();
    metrics.queried('metric', 'range', 200, 0.5, 1_000_000);
    metrics.unexpectedError();
    const page = await metrics.text();
    expect(page).toContain(
      'loki_logql_querystats_latency_seconds_count{status_code="200",type="metric",range="range"} 1',
    );
    expect(page).toContain(
      'loki_logql_querystats_bytes_processed_per_seconds_sum{status_code="200",type="metric",range="range"} 2000000',
    );
    expect(page).toContain('loki_panic_total 1');
  });
});
