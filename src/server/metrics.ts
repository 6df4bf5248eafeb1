import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { COMPATIBLE_WITH, VERSION } from './version.ts';

/** Loki's buckets for request durations, seconds; alert rules read the ones above a second. */
const DURATION_BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100];
const THROUGHPUT_BUCKETS = [1e6, 5e6, 1e7, 2.5e7, 5e7, 1e8, 2.5e8, 5e8, 1e9, 2.5e9];
const LINE_BUCKETS = [16, 64, 128, 256, 512, 1024, 4096, 16_384, 65_536, 262_144];

type IngestFormat = 'loki' | 'otlp';

export interface ReceivedCounts {
  readonly tenant: string;
  readonly format: IngestFormat;
  readonly lines: number;
  /** Bytes of lines and structured metadata together. */
  readonly bytes: number;
  readonly retentionHours: string;
}

export interface DiscardedCounts {
  readonly tenant: string;
  readonly format: IngestFormat;
  /** Loki's word, such as `line_too_long`. */
  readonly reason: string;
  readonly lines: number;
  readonly bytes: number;
  readonly retentionHours: string;
}

/** A value that is asked for when the page is read. */
export interface GaugeSource {
  readonly name: string;
  readonly help: string;
  /** `counter` for a total that only grows. */
  readonly kind: 'gauge' | 'counter';
  read(): number;
}

/** A total by the values of one label. */
export interface LabelledSource {
  readonly name: string;
  readonly help: string;
  readonly label: string;
  read(): ReadonlyMap<string, number>;
}

/**
 * All metrics of the process in one registry: names that dashboards and alerts for Loki know, and our own under `halogi_`.
 * The parts of the server report through the methods; nothing else touches the registry.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #duration: Histogram<'method' | 'route' | 'status_code' | 'ws'>;
  readonly #inflight: Gauge<'method' | 'route'>;
  readonly #bytesReceived: Counter<string>;
  readonly #linesReceived: Counter<string>;
  readonly #discardedLines: Counter<string>;
  readonly #discardedBytes: Counter<string>;
  readonly #bytesPerLine: Histogram;
  readonly #queryLatency: Histogram<string>;
  readonly #queryThroughput: Histogram<string>;
  readonly #panics: Counter;

  constructor() {
    const registers = [this.#registry];
    const labels = ['tenant', 'retention_hours', 'is_internal_stream', 'policy', 'format'];
    const counter = (name: string, help: string, labelNames: string[]): Counter<string> =>
      new Counter({ name, help, labelNames, registers });
    this.#duration = new Histogram({
      name: 'loki_request_duration_seconds',
      help: 'time to answer HTTP requests',
      labelNames: ['method', 'route', 'status_code', 'ws'],
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.#inflight = new Gauge({
      name: 'loki_inflight_requests',
      help: 'requests being answered',
      labelNames: ['method', 'route'],
      registers,
    });
    this.#bytesReceived = counter(
      'loki_distributor_bytes_received_total',
      'bytes of lines and metadata received',
      labels,
    );
    this.#linesReceived = counter(
      'loki_distributor_lines_received_total',
      'lines received',
      labels.filter((label) => label !== 'retention_hours'),
    );
    const discarded = ['reason', 'tenant', 'retention_hours', 'policy', 'format'];
    this.#discardedLines = counter('loki_discarded_samples_total', 'lines refused', discarded);
    this.#discardedBytes = counter('loki_discarded_bytes_total', 'bytes of lines refused', discarded);
    this.#bytesPerLine = new Histogram({
      name: 'loki_bytes_per_line',
      help: 'mean line length of each push',
      buckets: LINE_BUCKETS,
      registers,
    });
    this.#queryLatency = new Histogram({
      name: 'loki_logql_querystats_latency_seconds',
      help: 'time to run queries',
      labelNames: ['status_code', 'type', 'range'],
      buckets: DURATION_BUCKETS,
      registers,
    });
    this.#queryThroughput = new Histogram({
      name: 'loki_logql_querystats_bytes_processed_per_seconds',
      help: 'line bytes scanned per second of a query',
      labelNames: ['status_code', 'type', 'range'],
      buckets: THROUGHPUT_BUCKETS,
      registers,
    });
    this.#panics = new Counter({
      name: 'loki_panic_total',
      help: 'requests that ended in an unexpected error',
      registers,
    });
    new Gauge({
      name: 'loki_build_info',
      help: 'always 1; the labels tell what runs',
      labelNames: ['version', 'revision', 'branch', 'goversion'],
      registers,
    }).set(
      { version: COMPATIBLE_WITH, revision: `halogi-${VERSION}`, branch: 'halogi', goversion: process.version },
      1,
    );
    collectDefaultMetrics({ register: this.#registry });
  }

  /** For groups of metrics in files of their own, beside this one. */
  get registry(): Registry {
    return this.#registry;
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  text(): Promise<string> {
    return this.#registry.metrics();
  }

  requestStarted(method: string, route: string): void {
    this.#inflight.inc({ method, route });
  }

  requestEnded(method: string, route: string, status: number, seconds: number): void {
    this.#inflight.dec({ method, route });
    this.#duration.observe({ method, route, status_code: String(status), ws: 'false' }, seconds);
  }

  streamEnded(route: string, webSocket: boolean, seconds: number): void {
    this.#inflight.dec({ method: 'GET', route });
    const status_code = webSocket ? '101' : '200';
    this.#duration.observe({ method: 'GET', route, status_code, ws: String(webSocket) }, seconds);
  }

  received(counts: ReceivedCounts): void {
    const labels = { tenant: counts.tenant, is_internal_stream: 'false', policy: '', format: counts.format };
    const withRetention = { ...labels, retention_hours: counts.retentionHours };
    this.#linesReceived.inc(labels, counts.lines);
    this.#bytesReceived.inc(withRetention, counts.bytes);
    if (counts.lines > 0) this.#bytesPerLine.observe(counts.bytes / counts.lines);
  }

  discarded(counts: DiscardedCounts): void {
    const { reason, tenant, format } = counts;
    const labels = { reason, tenant, format, policy: '', retention_hours: counts.retentionHours };
    this.#discardedLines.inc(labels, counts.lines);
    this.#discardedBytes.inc(labels, counts.bytes);
  }

  /** @param type `limited`, `filter` or `metric` as Loki sorts queries; `range` or `instant` */
  queried(type: string, range: 'range' | 'instant', status: number, seconds: number, bytes: number): void {
    const labels = { status_code: String(status), type, range };
    this.#queryLatency.observe(labels, seconds);
    if (seconds > 0) this.#queryThroughput.observe(labels, bytes / seconds);
  }

  unexpectedError(): void {
    this.#panics.inc();
  }

  /** Registers a total by label that lives elsewhere and is read when the page is. */
  watchLabelled({ name, help, label, read }: LabelledSource): void {
    new Counter({
      name,
      help,
      labelNames: [label],
      registers: [this.#registry],
      collect() {
        this.reset();
        for (const [value, count] of read()) this.inc({ [label]: value }, count);
      },
    });
  }

  /** Registers values that live elsewhere and are read when the page is. */
  watch(sources: readonly GaugeSource[]): void {
    const registers = [this.#registry];
    for (const source of sources) {
      if (source.kind === 'gauge') {
        new Gauge({
          name: source.name,
          help: source.help,
          registers,
          collect() {
            this.set(source.read());
          },
        });
      } else {
        new Counter({
          name: source.name,
          help: source.help,
          registers,
          collect() {
            this.reset();
            this.inc(source.read());
          },
        });
      }
    }
  }
}
