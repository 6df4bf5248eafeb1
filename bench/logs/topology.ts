import { Buffer } from 'node:buffer';
import type { Random } from './random.ts';

/** What the lines of an app look like. */
export type LineKind = 'nginx' | 'json' | 'logfmt' | 'java' | 'plain';

interface App {
  readonly name: string;
  readonly namespace: string;
  readonly kind: LineKind;
  /** Share of all lines. */
  readonly weight: number;
  /** Share of all pods. */
  readonly pods: number;
}

const app = (name: string, namespace: string, kind: LineKind, weight: number, pods: number): App => ({
  name,
  namespace,
  kind,
  weight,
  pods,
});

/** A shop in a Kubernetes cluster: few loud apps, many quiet ones. */
export const APPS: readonly App[] = [
  app('nginx-ingress', 'ingress', 'nginx', 15, 8),
  app('web-frontend', 'shop', 'nginx', 6, 8),
  app('api-gateway', 'shop', 'json', 6, 12),
  app('checkout', 'shop', 'json', 3, 10),
  app('cart', 'shop', 'json', 2.5, 10),
  app('payments', 'billing', 'json', 1.5, 6),
  app('search', 'shop', 'json', 2, 8),
  app('kubelet', 'kube-system', 'logfmt', 8, 20),
  app('prometheus', 'monitoring', 'logfmt', 4, 4),
  app('ledger', 'billing', 'logfmt', 5, 6),
  app('shipping', 'logistics', 'logfmt', 4, 8),
  app('auth', 'identity', 'logfmt', 4, 10),
  app('orders', 'shop', 'java', 9, 12),
  app('inventory', 'logistics', 'java', 7, 10),
  app('recommender', 'ml', 'java', 6, 8),
  app('invoicing', 'billing', 'java', 3, 4),
  app('redis', 'data', 'plain', 4, 12),
  app('postgres', 'data', 'plain', 6, 8),
  app('cron', 'ops', 'plain', 1, 10),
  app('kafka', 'data', 'plain', 5, 12),
  app('mailer', 'growth', 'plain', 1.5, 6),
  app('etl', 'ml', 'plain', 2, 4),
  app('dns', 'kube-system', 'plain', 2, 2),
  app('vault', 'identity', 'plain', 0.5, 2),
];

/** One pod's container: one stream. */
export interface LogStream {
  readonly app: string;
  readonly namespace: string;
  readonly kind: LineKind;
  readonly cluster: string;
  readonly pod: string;
  /** As it stands in a push: `{app="...", ...}`. */
  readonly labelText: Buffer;
  /** Share of all lines. */
  readonly rate: number;
  /** Which log agent sends it. */
  readonly agent: number;
  /** Lines of a stack trace still to come. */
  traceLines: number;
  /** Trace id of the line made last, for its structured metadata. */
  traceId: string;
}

/** About `streamCount` streams (at least one per app), spread over `agents` log agents. */
export function makeStreams(random: Random, streamCount: number, agents: number): LogStream[] {
  const pods = APPS.reduce((sum, { pods }) => sum + pods, 0);
  const weights = APPS.reduce((sum, { weight }) => sum + weight, 0);
  const streams: LogStream[] = [];
  for (const { name, namespace, kind, weight, pods: share } of APPS) {
    const count = Math.max(1, Math.round((streamCount * share) / pods));
    const replicaSet = random.base36(9);
    const loudness = Array.from({ length: count }, () => 0.4 + random.fraction() * 1.2);
    const sum = loudness.reduce((total, one) => total + one, 0);
    for (let i = 0; i < count; i++) {
      const cluster = i % 5 === 4 ? 'staging' : 'prod';
      const container = i % 7 === 6 ? 'sidecar' : name;
      const pod = `${name}-${replicaSet}-${random.base36(5)}`;
      const labels = `{app="${name}", cluster="${cluster}", container="${container}", namespace="${namespace}", pod="${pod}"}`;
      streams.push({
        app: name,
        namespace,
        kind,
        cluster,
        pod,
        labelText: Buffer.from(labels),
        rate: ((weight / weights) * loudness[i]!) / sum,
        agent: streams.length % agents,
        traceLines: 0,
        traceId: '',
      });
    }
  }
  return streams;
}
