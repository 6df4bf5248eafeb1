import type { MetricExpr } from '../../../grammar/ast.ts';

export type TextMap = Readonly<Record<string, string>>;

interface RuleBase {
  readonly name: string;
  /** As written. */
  readonly expr: string;
  readonly query: MetricExpr;
  /** Printed from the syntax tree, on one line. */
  readonly queryText: string;
  readonly labels: TextMap;
}

export interface AlertingRule extends RuleBase {
  readonly kind: 'alerting';
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly annotations: TextMap;
}

export interface RecordingRule extends RuleBase {
  readonly kind: 'recording';
}

export type Rule = AlertingRule | RecordingRule;

/** One rule as it stands in YAML; members that were not given are absent. */
export interface RuleSource {
  readonly alert?: string;
  readonly record?: string;
  readonly expr: string;
  readonly for?: string;
  readonly keep_firing_for?: string;
  readonly labels?: TextMap;
  readonly annotations?: TextMap;
}

/** One group as it stands in YAML. */
export interface GroupSource {
  readonly name: string;
  readonly interval?: string;
  readonly limit?: number;
  readonly query_offset?: string;
  readonly source_tenants?: readonly string[];
  readonly rules: readonly RuleSource[];
}

/** Where a group comes from: a file of an operator, or the API. */
export type GroupOrigin = 'file' | 'api';

/** Rules that are evaluated one after the other, every `intervalMs`. */
export interface RuleGroup {
  readonly origin: GroupOrigin;
  readonly namespace: string;
  readonly name: string;
  readonly intervalMs: number;
  /** Series or alerts that a rule may have; 0: no limit. */
  readonly limit: number;
  /** How far behind its time a rule is evaluated; undefined: as the limits of the tenant say. */
  readonly queryOffsetMs: number | undefined;
  /** Whose logs are read; undefined: those of the tenant that has the rule. */
  readonly sourceTenant: string | undefined;
  readonly rules: readonly Rule[];
  readonly source: GroupSource;
}

/** A key that is equal exactly for the same group of a tenant. */
export function groupKey({ origin, namespace, name }: Pick<RuleGroup, 'origin' | 'namespace' | 'name'>): string {
  return JSON.stringify([origin, namespace, name]);
}

/** A key for each rule of a group: equal rules before and after a change of the file have equal keys. */
export function ruleKeys(rules: readonly Rule[]): readonly string[] {
  const seen = new Map<string, number>();
  return rules.map((rule) => {
    const base = JSON.stringify([rule.kind, rule.name, rule.queryText, rule.labels]);
    const count = seen.get(base) ?? 0;
    seen.set(base, count + 1);
    return count === 0 ? base : `${base}#${count}`;
  });
}
