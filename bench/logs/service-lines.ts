import type { LineContext } from './line-context.ts';
import type { LogStream } from './topology.ts';
import { DEPENDENCIES, WORDS } from './words.ts';

/** Lines of services: logfmt, Java with stack traces, and the plain text of data bases and daemons. */

const CALLERS = ['sync', 'worker', 'lease', 'batch', 'server'];
const EVENTS = ['synced item', 'reconciled object', 'cache refreshed', 'lease renewed', 'processed batch'];
const PACKAGES = ['service', 'repo', 'web', 'client', 'util'];
const CLASSES = ['OrderService', 'StockRepository', 'HttpClient', 'RetryTemplate', 'TxManager'];
const FUNCTIONS = ['process', 'invoke', 'execute', 'doFilter', 'call'];

export function logfmtLine({ random, clock, known, errorFactor }: LineContext, stream: LogStream): string {
  const chance = random.fraction();
  const level = chance < 0.006 * errorFactor ? 'error' : chance < 0.05 ? 'warn' : chance < 0.12 ? 'debug' : 'info';
  const elapsedMs = random.exponential(180);
  let duration = `${elapsedMs.toFixed(2)}ms`;
  if (elapsedMs > 1000) {
    duration = `${(elapsedMs / 1000).toFixed(3)}s`;
    if (duration !== '1.000s' && stream.app === 'kubelet') known.kubeletAbove1s++;
  }
  const isError = level === 'error';
  return (
    `ts=${clock.iso}.${clock.milliseconds}Z level=${level} caller=${random.pick(CALLERS)}.go:${random.below(900) + 20} ` +
    `component=${stream.app} msg="${isError ? 'operation failed' : random.pick(EVENTS)}" ` +
    `key=${stream.namespace}/${random.pick(WORDS)}-${random.below(4000)} duration=${duration}` +
    (isError ? ' err="rpc error: code = Unavailable desc = transport is closing"' : ` items=${random.below(500)}`)
  );
}

export function javaLine({ random, clock, known, errorFactor }: LineContext, stream: LogStream): string {
  if (stream.traceLines > 0) {
    stream.traceLines--;
    if (stream.traceLines === 0 && random.fraction() < 0.5) {
      return 'Caused by: java.net.SocketTimeoutException: Read timed out';
    }
    const place = `${random.pick(CLASSES)}.${random.pick(FUNCTIONS)}(${random.pick(CLASSES)}.java:${random.below(800) + 10})`;
    return `\tat com.example.${stream.app}.${random.pick(PACKAGES)}.${place}`;
  }
  const time = `${clock.spaced}.${clock.milliseconds}`;
  const thread = `[worker-${random.below(32)}]`;
  const chance = random.fraction();
  if (chance < 0.004 * errorFactor) {
    stream.traceLines = 6 + random.below(14);
    if (random.fraction() < 0.02) {
      known.outOfMemory++;
      return `${time} ERROR [main] c.e.${stream.app}.Application - java.lang.OutOfMemoryError: Java heap space`;
    }
    return (
      `${time} ERROR ${thread} c.e.${stream.app}.Service - Unexpected error while processing order ${random.below(1e7)}: ` +
      'java.lang.IllegalStateException: connection pool exhausted'
    );
  }
  if (chance < 0.03) {
    const call = `slow call to ${random.pick(DEPENDENCIES)} took ${random.below(4000) + 500} ms`;
    return `${time} WARN  ${thread} c.e.${stream.app}.Retry - ${call}`;
  }
  const done = `Processed order ${random.below(1e7)} for customer ${random.below(5e5)} in ${random.below(90)} ms`;
  return `${time} INFO  ${thread} c.e.${stream.app}.Service - ${done}`;
}

export function plainLine({ random, clock, errorFactor }: LineContext, stream: LogStream): string {
  const time = `${clock.spaced}.${clock.milliseconds}`;
  switch (stream.app) {
    case 'redis':
      return `1:M ${clock.long}.${clock.milliseconds} * ${random.below(200)} changes in ${random.pick([60, 300, 900])} seconds. Saving...`;
    case 'postgres': {
      const start = `${time} UTC [${random.below(30_000)}]`;
      if (random.fraction() < 0.003 * errorFactor) {
        return `${start} ERROR:  duplicate key value violates unique constraint "orders_pkey"`;
      }
      const statement = `SELECT * FROM ${random.pick(WORDS)} WHERE id = ${random.below(1e6)}`;
      return `${start} LOG:  duration: ${random.exponential(20).toFixed(3)} ms  statement: ${statement}`;
    }
    case 'kafka': {
      const level = random.fraction() < 0.02 ? 'WARN' : 'INFO';
      const place = `Partition topic-${random.below(40)}-${random.below(12)} offset ${random.below(1e9)}`;
      return `[${clock.spaced},${clock.milliseconds}] ${level} [ReplicaFetcher replicaId=${random.below(5)}] ${place} (kafka.server.ReplicaFetcherThread)`;
    }
    case 'dns':
      return `[INFO] ${random.ipAddress()}:${random.below(60_000)} - ${random.below(65_536)} "A IN ${random.pick(DEPENDENCIES)}.svc.cluster.local. udp 54 false 512" NOERROR qr,aa,rd 106 0.000${random.below(900) + 100}s`;
    case 'mailer':
      // Lines beyond ASCII, so that nothing is measured on ASCII alone.
      return `${clock.iso}Z sent mail to user${random.below(500_000)}@example.com subject="Ihre Bestellung Nr. ${random.below(1e6)} ist unterwegs – danke für den Einkauf" in ${random.below(900)}ms`;
    default: {
      const failed = random.fraction() < 0.005 * errorFactor;
      const end = failed ? `failed with error code ${random.below(100)}` : 'finished ok';
      return `${clock.iso}.${clock.milliseconds} ${stream.app}[${random.below(30_000)}]: job ${random.pick(WORDS)}-${random.below(900)} ${end} in ${random.below(5000)}ms`;
    }
  }
}
