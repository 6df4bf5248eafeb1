import { yaml } from '../../base/yaml.ts';
import type { GroupSource, RuleGroup } from '../model/rule-group.ts';
import { type GroupPlace, parseGroup } from './parse-group.ts';
import { isMap, ruleError } from './rule-error.ts';

/** Aliases of YAML that a text may expand: a few bytes of them could else make gigabytes. */
const MAX_ALIASES = 100;

/** @throws LogError BAD_PARAMETER */
export function parseYaml(text: string): unknown {
  const document = yaml().parseDocument(text);
  const bad = document.errors[0];
  if (bad !== undefined) throw ruleError(`unable to decode rule group: ${bad.message.split('\n', 1)[0]}`, bad);
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES });
  } catch (cause) {
    throw ruleError(`unable to decode rule group: ${(cause as Error).message}`, cause);
  }
}

/**
 * Groups of a rule file: `groups:` with a list, as Prometheus and Loki have it.
 *
 * @throws LogError BAD_PARAMETER for the first fault
 */
export function parseRuleFile(text: string, place: GroupPlace): readonly RuleGroup[] {
  const root = parseYaml(text) ?? {};
  if (!isMap(root)) throw ruleError('expected a map with groups');
  const groups = root['groups'] ?? [];
  if (!Array.isArray(groups)) throw ruleError('groups: expected a list');
  const parsed = groups.map((group) => parseGroup(group, place));
  const names = new Set<string>();
  for (const { name } of parsed) {
    if (names.has(name)) throw ruleError(`groupname: "${name}" is repeated in the same file`);
    names.add(name);
  }
  return parsed;
}

/** Namespaces with their groups as `GET .../rules` shows them. */
export function namespacesYaml(groupsByNamespace: ReadonlyMap<string, readonly GroupSource[]>): string {
  return yaml().stringify(Object.fromEntries(groupsByNamespace), { lineWidth: 0 });
}

export function groupYaml(group: GroupSource): string {
  return yaml().stringify(group, { lineWidth: 0 });
}
