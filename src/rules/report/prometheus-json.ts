import { parseSelector } from '../../../grammar/parse.ts';
import { formatFloat } from '../../base/go/float-text.ts';
import { compileMatcher } from '../../model/matcher.ts';
import type { ActiveAlert } from '../alert/active-alert.ts';
import type { GroupRunner, RuleStatus } from '../evaluate/group-runner.ts';
import type { TextMap } from '../model/rule-group.ts';

/**
 * Rules and alerts in the shape of Prometheus's API, members in Loki's order: what Grafana's pages read.
 */

const NEVER = '0001-01-01T00:00:00Z';

function timeText(ms: number): string {
  return ms === 0 ? NEVER : new Date(ms).toISOString();
}

function valueText(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return formatFloat(value, 'e', -1);
}

function alertJson(alert: ActiveAlert): object {
  return {
    labels: alert.labels,
    annotations: alert.annotations,
    state: alert.state,
    activeAt: timeText(alert.activeAtMs),
    ...(alert.keepFiringSinceMs === 0 ? {} : { keepFiringSince: timeText(alert.keepFiringSinceMs) }),
    value: valueText(alert.value),
  };
}

export interface RulesFilter {
  /** `alert`, `record`, or empty for both. */
  readonly type: string;
  readonly files: readonly string[];
  readonly groups: readonly string[];
  readonly names: readonly string[];
  /** Selectors of which a rule's labels must match one; empty: all rules. */
  readonly matches: readonly string[];
  readonly withoutAlerts: boolean;
  /** Groups of one page; 0: all. */
  readonly groupLimit: number;
  /** Where the page starts; empty: at the first group. */
  readonly nextToken: string;
}

/** `data` of `/prometheus/api/v1/rules`. @throws ParseError, LogError for selectors */
export function rulesData(runners: readonly GroupRunner[], filter: RulesFilter): object {
  const isWanted = labelTest(filter.matches);
  const takes = (list: readonly string[], value: string): boolean => list.length === 0 || list.includes(value);
  const wantedKind = filter.type === '' ? undefined : filter.type === 'alert' ? 'alerting' : 'recording';
  const groups: object[] = [];
  let groupNextToken: string | undefined;
  const sorted = [...runners].sort((a, b) => (tokenOf(a) < tokenOf(b) ? -1 : 1));
  for (const runner of sorted) {
    const { group } = runner;
    if (!takes(filter.files, group.namespace) || !takes(filter.groups, group.name)) continue;
    if (filter.nextToken !== '' && tokenOf(runner) < filter.nextToken) continue;
    const rules = runner.rules.flatMap((status, index) => {
      const { rule } = status;
      if (wantedKind !== undefined && rule.kind !== wantedKind) return [];
      if (!takes(filter.names, rule.name) || !isWanted(rule.labels)) return [];
      return [ruleJson(status, runner.alertsOf(index), filter.withoutAlerts)];
    });
    const isFiltered = filter.names.length > 0 || wantedKind !== undefined || filter.matches.length > 0;
    if (rules.length === 0 && isFiltered) continue;
    if (filter.groupLimit > 0 && groups.length === filter.groupLimit) {
      groupNextToken = tokenOf(runner);
      break;
    }
    groups.push({
      name: group.name,
      file: group.namespace,
      rules,
      interval: group.intervalMs / 1000,
      limit: group.limit,
      lastEvaluation: timeText(runner.lastSlotMs),
      evaluationTime: runner.evaluationSeconds,
    });
  }
  return groupNextToken === undefined ? { groups } : { groups, groupNextToken };
}

/** `data` of `/prometheus/api/v1/alerts`. */
export function alertsData(runners: readonly GroupRunner[]): object {
  const alerts = runners.flatMap((runner) => runner.rules.flatMap((_, index) => runner.alertsOf(index).map(alertJson)));
  return { alerts };
}

function ruleJson(status: RuleStatus, alerts: readonly ActiveAlert[], withoutAlerts: boolean): object {
  const { rule } = status;
  const evaluation = {
    lastEvaluation: timeText(status.lastEvaluationMs),
    evaluationTime: status.evaluationSeconds,
  };
  const health = { health: status.health, lastError: status.lastError };
  if (rule.kind === 'recording') {
    return { name: rule.name, query: rule.queryText, labels: rule.labels, ...health, type: 'recording', ...evaluation };
  }
  return {
    state: stateOf(status, alerts),
    name: rule.name,
    query: rule.queryText,
    duration: rule.forMs / 1000,
    ...(rule.keepFiringForMs === 0 ? {} : { keepFiringFor: rule.keepFiringForMs / 1000 }),
    labels: rule.labels,
    annotations: rule.annotations,
    ...(withoutAlerts ? {} : { alerts: alerts.map(alertJson) }),
    ...health,
    type: 'alerting',
    ...evaluation,
  };
}

function stateOf(status: RuleStatus, alerts: readonly ActiveAlert[]): string {
  if (alerts.some((alert) => alert.state === 'firing')) return 'firing';
  if (alerts.length > 0) return 'pending';
  return status.lastEvaluationMs === 0 ? 'unknown' : 'inactive';
}

function tokenOf({ group }: GroupRunner): string {
  return Buffer.from(`${group.namespace};${group.name};${group.origin}`).toString('hex');
}

function labelTest(selectors: readonly string[]): (labels: TextMap) => boolean {
  if (selectors.length === 0) return () => true;
  const sets = selectors.map((text) => parseSelector(text).map(compileMatcher));
  return (labels) => sets.some((set) => set.every((matcher) => matcher.matches(labels[matcher.name] ?? '')));
}
