import { goQuote } from '../../grammar/literals.ts';
import { LogError } from '../base/errors.ts';
import { type BacktestAnswer, backtest, parseBacktest } from './evaluate/backtest.ts';
import type { GroupSource, RuleGroup } from './model/rule-group.ts';
import type { RuleQueries } from './model/rule-query.ts';
import type { RulerSettings } from './model/ruler-settings.ts';
import { parseGroup } from './parse/parse-group.ts';
import { groupYaml, namespacesYaml, parseYaml } from './parse/parse-yaml.ts';
import { errorText, ruleError } from './parse/rule-error.ts';
import { alertsData, rulesData } from './report/prometheus-json.ts';
import type { Ruler } from './ruler.ts';

const RULE_TYPES = ['', 'alert', 'record'];
const MAX_NAMESPACE_CHARS = 1024;

function notFound(text: string): LogError {
  return new LogError('BAD_PARAMETER', text, { status: 404 });
}

export interface RuleApiOptions {
  readonly ruler: Ruler;
  readonly settings: RulerSettings;
  readonly queries: RuleQueries;
  readonly nowMs: () => number;
}

/** The rule endpoints: text in, text out. All throw LogError. */
export class RuleApi {
  readonly #options: RuleApiOptions;

  constructor(options: RuleApiOptions) {
    this.#options = options;
  }

  /** `data` of `/prometheus/api/v1/rules`; parameters with and without brackets. */
  rules(tenant: string, params: URLSearchParams): object {
    const type = params.get('type') ?? '';
    if (!RULE_TYPES.includes(type)) throw ruleError(`not supported value ${goQuote(type)}`);
    const all = (name: string): readonly string[] => [...params.getAll(name), ...params.getAll(`${name}[]`)];
    const limit = params.get('group_limit') ?? '';
    if (!/^\d{0,9}$/.test(limit)) throw ruleError(`invalid group_limit value ${goQuote(limit)}`);
    try {
      return rulesData(this.#options.ruler.runnersOf(tenant), {
        type,
        files: all('file'),
        groups: all('rule_group'),
        names: all('rule_name'),
        matches: all('match'),
        withoutAlerts: params.get('exclude_alerts') === 'true',
        groupLimit: Number(limit),
        nextToken: params.get('group_next_token') ?? '',
      });
    } catch (cause) {
      throw ruleError(errorText(cause), cause);
    }
  }

  /** `data` of `/prometheus/api/v1/alerts`. */
  alerts(tenant: string): object {
    return alertsData(this.#options.ruler.runnersOf(tenant));
  }

  /** Groups by namespace as YAML. @param labels `name:value` pairs, one of which a rule must have; empty: all rules */
  listYaml(tenant: string, namespace: string | undefined, labels: string): string {
    const wanted = labels === '' ? undefined : labels.split(',').map((pair) => splitPair(pair));
    const byNamespace = new Map<string, GroupSource[]>();
    for (const group of this.#options.ruler.groupsOf(tenant)) {
      if (namespace !== undefined && group.namespace !== namespace) continue;
      const source = wanted === undefined ? group.source : withLabels(group.source, wanted);
      if (source === undefined) continue;
      const list = byNamespace.get(group.namespace);
      if (list === undefined) byNamespace.set(group.namespace, [source]);
      else list.push(source);
    }
    if (byNamespace.size === 0) throw notFound('no rule groups found');
    return namespacesYaml(byNamespace);
  }

  groupYaml(tenant: string, namespace: string, name: string): string {
    const found = this.#options.ruler
      .groupsOf(tenant)
      .find((group) => group.namespace === namespace && group.name === name);
    if (found === undefined) throw notFound('group does not exist');
    return groupYaml(found.source);
  }

  /** @param body one group as YAML */
  async put(tenant: string, namespace: string, body: string): Promise<void> {
    this.#checkEnabled();
    if (namespace.length > MAX_NAMESPACE_CHARS)
      throw ruleError(`namespace is longer than ${MAX_NAMESPACE_CHARS} characters`);
    await this.#options.ruler.putGroup(tenant, this.#parse(namespace, body));
  }

  async deleteNamespace(tenant: string, namespace: string): Promise<void> {
    this.#checkEnabled();
    if (!(await this.#options.ruler.deleteNamespace(tenant, namespace)))
      throw notFound('group namespace does not exist');
  }

  async deleteGroup(tenant: string, namespace: string, name: string): Promise<void> {
    this.#checkEnabled();
    await this.#options.ruler.deleteGroup(tenant, namespace, name);
  }

  /** When a rule would have fired, see docs/rules.md. @param body JSON or YAML */
  backtest(tenant: string, body: string, signal: AbortSignal): Promise<BacktestAnswer> {
    const { settings, queries, nowMs } = this.#options;
    const request = parseBacktest(parseYaml(body), settings.evaluationIntervalMs, nowMs());
    return backtest(tenant, request, queries, settings, signal);
  }

  #parse(namespace: string, body: string): RuleGroup {
    const defaultIntervalMs = this.#options.settings.evaluationIntervalMs;
    return parseGroup(parseYaml(body) ?? {}, { origin: 'api', namespace, defaultIntervalMs });
  }

  #checkEnabled(): void {
    if (!this.#options.settings.apiEnabled)
      throw new LogError('BAD_PARAMETER', 'rules cannot be changed: ruler.enable_api is false', { status: 403 });
  }
}

function splitPair(pair: string): readonly [string, string] {
  const colon = pair.indexOf(':');
  if (colon < 0) throw ruleError(`labels: expected name:value, found ${goQuote(pair)}`);
  return [pair.slice(0, colon), pair.slice(colon + 1)];
}

/** The group with those rules that have one of the labels; undefined when there are none. */
function withLabels(group: GroupSource, wanted: readonly (readonly [string, string])[]): GroupSource | undefined {
  const rules = group.rules.filter((rule) => wanted.some(([name, value]) => rule.labels?.[name] === value));
  return rules.length === 0 ? undefined : { ...group, rules };
}
