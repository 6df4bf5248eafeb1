import { formatPromDuration, parsePromDuration } from '../../../grammar/literals.ts';
import { parseQuery } from '../../../grammar/parse.ts';
import { printOneLine } from '../../../grammar/print.ts';
import { compileRuleTemplate } from '../../query/pipeline/template/rule-template.ts';
import type { GroupOrigin, GroupSource, Rule, RuleGroup, RuleSource, TextMap } from '../model/rule-group.ts';
import { errorText, isMap, ruleError, type YamlMap } from './rule-error.ts';

const LABEL_NAME = /^[a-zA-Z_][a-zA-Z0-9_]*$/;
const METRIC_NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const ANNOTATION_NAME = LABEL_NAME;
/** Rules of one group, whatever the limits of the tenant say. */
const MAX_RULES = 10_000;
const MAX_PAIRS = 100;
const MAX_TEXT_CHARS = 64 * 1024;
const MAX_NAME_CHARS = 1024;
/** Ten years: what lies beyond is a slip of the pen. */
const MAX_DURATION_MS = 10 * 365 * 86_400_000;
const MIN_INTERVAL_MS = 1000;

export interface GroupPlace {
  readonly origin: GroupOrigin;
  readonly namespace: string;
  readonly defaultIntervalMs: number;
}

/**
 * Checks one group of a rule file or of the API. Unknown members are passed over, as Loki does.
 *
 * @param raw what YAML made of it
 * @throws LogError BAD_PARAMETER naming group and rule
 */
export function parseGroup(raw: unknown, place: GroupPlace): RuleGroup {
  if (!isMap(raw)) throw ruleError('unable to decoded rule group');
  const name = textOf(raw['name'], 'name');
  if (name === '') throw ruleError('group 0: Groupname must not be empty');
  if (name.length > MAX_NAME_CHARS) throw ruleError(`group name is longer than ${MAX_NAME_CHARS} characters`);
  const where = `group "${name}"`;
  const list = raw['rules'] ?? [];
  if (!Array.isArray(list)) throw ruleError(`${where}: rules: expected a list`);
  if (list.length > MAX_RULES) throw ruleError(`${where}: ${list.length} rules, a group may have ${MAX_RULES}`);
  const interval = durationOf(raw['interval'], `${where}: interval`);
  if (interval !== undefined && interval > 0 && interval < MIN_INTERVAL_MS)
    throw ruleError(`${where}: interval: expected 1s or more`);
  const queryOffset = durationOf(raw['query_offset'], `${where}: query_offset`);
  const tenants = tenantsOf(raw['source_tenants'], where, place.origin);
  const limit = countOf(raw['limit'], `${where}: limit`);
  const pairs = list.map((rule, index) => parseRule(rule, name, index));
  const source: GroupSource = {
    name,
    ...(interval === undefined || interval === 0 ? {} : { interval: durationText(interval) }),
    ...(limit === 0 ? {} : { limit }),
    ...(queryOffset === undefined ? {} : { query_offset: durationText(queryOffset) }),
    ...(tenants.length === 0 ? {} : { source_tenants: tenants }),
    rules: pairs.map((pair) => pair.source),
  };
  return {
    origin: place.origin,
    namespace: place.namespace,
    name,
    intervalMs: interval || place.defaultIntervalMs,
    limit,
    queryOffsetMs: queryOffset,
    sourceTenant: tenants[0],
    rules: pairs.map((pair) => pair.rule),
    source,
  };
}

interface ParsedRule {
  readonly rule: Rule;
  readonly source: RuleSource;
}

function parseRule(raw: unknown, group: string, index: number): ParsedRule {
  if (!isMap(raw)) throw ruleError(`group "${group}", rule ${index + 1}: expected a map`);
  const alert = textOf(raw['alert'], 'alert');
  const record = textOf(raw['record'], 'record');
  if (alert !== '' && record !== '') throw ruleError("only one of 'record' and 'alert' must be set");
  if (alert === '' && record === '') throw ruleError("one of 'record' or 'alert' must be set");
  const name = alert || record;
  const kind = alert === '' ? 'record' : 'alert';
  const where = `group "${group}", rule ${index + 1}, "${name}"`;
  if (name.length > MAX_NAME_CHARS) throw ruleError(`${where}: name is longer than ${MAX_NAME_CHARS} characters`);
  const expr = textOf(raw['expr'], `${where}: expr`);
  if (expr === '') throw ruleError(`${where}: field 'expr' must be set in rule`);
  const { query, queryText } = parseExpr(expr, `${kind} '${name}' in group '${group}'`);
  const labels = mapOf(raw['labels'], `${where}: labels`, LABEL_NAME);
  if (Object.hasOwn(labels, '__name__')) throw ruleError(`${where}: invalid label name: __name__`);
  const base = { name, expr, query, queryText, labels };
  const withLabels = Object.keys(labels).length === 0 ? {} : { labels };
  if (kind === 'record') {
    if (!METRIC_NAME.test(name)) throw ruleError(`${where}: invalid recording rule name: ${name}`);
    for (const key of ['for', 'keep_firing_for', 'annotations'])
      if (!isEmpty(raw[key])) throw ruleError(`${where}: invalid field '${key}' in recording rule`);
    return { rule: { kind: 'recording', ...base }, source: { record: name, expr, ...withLabels } };
  }
  const annotations = mapOf(raw['annotations'], `${where}: annotations`, ANNOTATION_NAME);
  checkTemplates(labels, `${where}: label`);
  checkTemplates(annotations, `${where}: annotation`);
  const forMs = durationOf(raw['for'], `${where}: for`) ?? 0;
  const keepFiringForMs = durationOf(raw['keep_firing_for'], `${where}: keep_firing_for`) ?? 0;
  return {
    rule: { kind: 'alerting', ...base, forMs, keepFiringForMs, annotations },
    source: {
      alert: name,
      expr,
      ...(forMs === 0 ? {} : { for: durationText(forMs) }),
      ...(keepFiringForMs === 0 ? {} : { keep_firing_for: durationText(keepFiringForMs) }),
      ...withLabels,
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
    },
  };
}

function parseExpr(expr: string, where: string): Pick<Rule, 'query' | 'queryText'> {
  try {
    const query = parseQuery(expr);
    if (query.kind === 'log' || query.kind === 'variants')
      throw new Error('a rule needs a metric query, such as count_over_time({...}[5m])');
    return { query, queryText: printOneLine(query) };
  } catch (cause) {
    throw ruleError(`could not parse expression for ${where}: ${errorText(cause)}`, cause);
  }
}

function checkTemplates(texts: TextMap, where: string): void {
  for (const [name, text] of Object.entries(texts)) {
    try {
      compileRuleTemplate(text);
    } catch (cause) {
      throw ruleError(`${where} "${name}": ${errorText(cause)}`, cause);
    }
  }
}

/** Only files of the operator may read the logs of another tenant. */
function tenantsOf(raw: unknown, where: string, origin: GroupOrigin): readonly string[] {
  if (isEmpty(raw)) return [];
  if (!Array.isArray(raw) || !raw.every((one) => typeof one === 'string'))
    throw ruleError(`${where}: source_tenants: expected a list of tenants`);
  if (raw.length === 0) return [];
  if (origin === 'api') throw ruleError(`${where}: source_tenants may only stand in rule files of the server`);
  if (raw.length > 1) throw ruleError(`${where}: source_tenants: one tenant is supported, found ${raw.length}`);
  return raw;
}

function isEmpty(raw: unknown): boolean {
  return raw === undefined || raw === null || raw === '' || (isMap(raw) && Object.keys(raw).length === 0);
}

function textOf(raw: unknown, where: string): string {
  if (raw === undefined || raw === null) return '';
  if (typeof raw === 'object') throw ruleError(`${where}: expected a text`);
  const text = String(raw);
  if (text.length > 2 * MAX_TEXT_CHARS) throw ruleError(`${where}: longer than ${2 * MAX_TEXT_CHARS} characters`);
  return text;
}

function countOf(raw: unknown, where: string): number {
  if (raw === undefined || raw === null) return 0;
  if (typeof raw !== 'number' || !Number.isSafeInteger(raw) || raw < 0)
    throw ruleError(`${where}: expected a whole number of 0 or more`);
  return raw;
}

function durationOf(raw: unknown, where: string): number | undefined {
  if (isEmpty(raw)) return undefined;
  if (raw === 0 || raw === '0') return 0;
  try {
    const ms = Number(parsePromDuration(String(raw)) / 1_000_000n);
    if (ms > MAX_DURATION_MS) throw new Error(`"${String(raw)}" is longer than ten years`);
    return ms;
  } catch (cause) {
    throw ruleError(`${where}: ${errorText(cause)}`, cause);
  }
}

function durationText(ms: number): string {
  return formatPromDuration(BigInt(ms) * 1_000_000n);
}

function mapOf(raw: unknown, where: string, names: RegExp): TextMap {
  if (isEmpty(raw)) return {};
  if (!isMap(raw)) throw ruleError(`${where}: expected a map`);
  const entries = Object.entries(raw as YamlMap);
  if (entries.length > MAX_PAIRS) throw ruleError(`${where}: ${entries.length} pairs, at most ${MAX_PAIRS} are taken`);
  const out: Record<string, string> = {};
  for (const [name, value] of entries) {
    if (!names.test(name)) throw ruleError(`${where}: invalid name: ${name}`);
    const text = textOf(value, `${where}: ${name}`);
    if (text.length > MAX_TEXT_CHARS) throw ruleError(`${where}: ${name}: longer than ${MAX_TEXT_CHARS} characters`);
    out[name] = text;
  }
  return out;
}
