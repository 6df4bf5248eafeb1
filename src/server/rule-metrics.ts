import { Counter, Gauge, type Registry, Summary } from 'prom-client';
import type { GroupMeter } from '../rules/evaluate/group-runner.ts';
import type { RuleGroup } from '../rules/model/rule-group.ts';
import type { NotifyMeter } from '../rules/notify/notifier-options.ts';
import type { RemoteWriteMeter } from '../rules/remote-write/remote-writer.ts';
import type { RulerMeter } from '../rules/ruler.ts';

/** Metrics of rules, under the names that dashboards for Loki's ruler know. They are there once rules are. */
export class RuleMetrics implements RulerMeter {
  readonly notify: NotifyMeter;
  readonly remoteWrite: RemoteWriteMeter;
  readonly #evaluations: Counter;
  readonly #failures: Counter;
  readonly #duration: Summary;
  readonly #iterations: Counter;
  readonly #missed: Counter;
  readonly #rules: Gauge;
  readonly #interval: Gauge;
  readonly #lastDuration: Gauge;
  readonly #lastTime: Gauge;

  constructor(registry: Registry, queueCapacity: number, queueLength: () => number) {
    const registers = [registry];
    const counter = (name: string, help: string, labelNames: string[]): Counter =>
      new Counter({ name, help, labelNames, registers });
    const gauge = (name: string, help: string, labelNames: string[]): Gauge =>
      new Gauge({ name, help, labelNames, registers });
    const group = ['user', 'rule_group'];
    this.#evaluations = counter('loki_prometheus_rule_evaluations_total', 'evaluations of rules', group);
    this.#failures = counter('loki_prometheus_rule_evaluation_failures_total', 'evaluations that failed', group);
    this.#duration = new Summary({
      name: 'loki_prometheus_rule_evaluation_duration_seconds',
      help: 'time to evaluate a rule',
      percentiles: [0.5, 0.9, 0.99],
      maxAgeSeconds: 600,
      ageBuckets: 5,
      registers,
    });
    this.#iterations = counter('loki_prometheus_rule_group_iterations_total', 'evaluations of groups', group);
    this.#missed = counter(
      'loki_prometheus_rule_group_iterations_missed_total',
      'evaluations of groups that were left out: the one before took too long',
      group,
    );
    this.#rules = gauge('loki_prometheus_rule_group_rules', 'rules of a group', group);
    this.#interval = gauge('loki_prometheus_rule_group_interval_seconds', 'interval of a group', group);
    this.#lastDuration = gauge(
      'loki_prometheus_rule_group_last_duration_seconds',
      'time of the last evaluation',
      group,
    );
    this.#lastTime = gauge(
      'loki_prometheus_rule_group_last_evaluation_timestamp_seconds',
      'when the group was evaluated last',
      group,
    );
    this.notify = notifyMeter(registers, counter, queueCapacity, queueLength);
    this.remoteWrite = remoteWriteMeter(counter, gauge);
  }

  group(tenant: string, group: RuleGroup): GroupMeter {
    const labels = labelsOf(tenant, group);
    this.#rules.set(labels, group.rules.length);
    this.#interval.set(labels, group.intervalMs / 1000);
    this.#missed.inc(labels, 0);
    this.#failures.inc(labels, 0);
    return {
      evaluated: (seconds, isFailure) => {
        this.#evaluations.inc(labels);
        this.#duration.observe(seconds);
        if (isFailure) this.#failures.inc(labels);
      },
      iterated: (slotMs, seconds, missed) => {
        this.#iterations.inc(labels, 1 + missed);
        this.#missed.inc(labels, missed);
        this.#lastDuration.set(labels, seconds);
        this.#lastTime.set(labels, slotMs / 1000);
      },
    };
  }

  groupGone(tenant: string, group: RuleGroup): void {
    const labels = labelsOf(tenant, group);
    for (const metric of [this.#evaluations, this.#failures, this.#iterations, this.#missed]) metric.remove(labels);
    for (const metric of [this.#rules, this.#interval, this.#lastDuration, this.#lastTime]) metric.remove(labels);
  }
}

function labelsOf(tenant: string, { namespace, name }: RuleGroup): { user: string; rule_group: string } {
  return { user: tenant, rule_group: `${namespace};${name}` };
}

type MakeCounter = (name: string, help: string, labelNames: string[]) => Counter;
type MakeGauge = (name: string, help: string, labelNames: string[]) => Gauge;

function notifyMeter(
  registers: Registry[],
  counter: MakeCounter,
  queueCapacity: number,
  queueLength: () => number,
): NotifyMeter {
  const to = ['alertmanager'];
  const sent = counter('loki_prometheus_notifications_sent_total', 'alerts sent', to);
  const errors = counter('loki_prometheus_notifications_errors_total', 'alerts that were not sent at a try', to);
  const dropped = counter('loki_prometheus_notifications_dropped_total', 'alerts that were given up', []);
  const latency = new Summary({
    name: 'loki_prometheus_notifications_latency_seconds',
    help: 'time of an Alertmanager to take alerts',
    labelNames: to,
    percentiles: [0.5, 0.9, 0.99],
    maxAgeSeconds: 600,
    ageBuckets: 5,
    registers,
  });
  new Gauge({
    name: 'loki_prometheus_notifications_queue_capacity',
    help: 'alerts that may wait for an Alertmanager',
    registers,
  }).set(queueCapacity);
  new Gauge({
    name: 'loki_prometheus_notifications_queue_length',
    help: 'alerts that wait, of the longest queue',
    registers,
    collect() {
      this.set(queueLength());
    },
  });
  return {
    sent: (alertmanager, alerts, seconds) => {
      sent.inc({ alertmanager }, alerts);
      latency.observe({ alertmanager }, seconds);
    },
    failed: (alertmanager, alerts) => errors.inc({ alertmanager }, alerts),
    dropped: (alerts) => dropped.inc(alerts),
  };
}

function remoteWriteMeter(counter: MakeCounter, gauge: MakeGauge): RemoteWriteMeter {
  const to = ['remote_name'];
  const sent = counter('loki_prometheus_remote_storage_samples_total', 'recorded samples sent', to);
  const retried = counter('loki_prometheus_remote_storage_samples_retried_total', 'samples sent again', to);
  const failed = counter('loki_prometheus_remote_storage_samples_failed_total', 'samples refused or lost', to);
  const bytes = gauge('halogi_rules_remote_write_queue_bytes', 'recorded samples on disk that wait', to);
  return {
    sent: (remote_name, samples) => sent.inc({ remote_name }, samples),
    retried: (remote_name, samples) => retried.inc({ remote_name }, samples),
    failed: (remote_name, samples) => failed.inc({ remote_name }, samples),
    queueBytes: (remote_name, size) => bytes.set({ remote_name }, size),
  };
}
