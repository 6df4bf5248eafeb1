import { compileRegex } from '../base/regex/regex.ts';

/** What becomes of an attribute of an OTLP record: a label of its stream, metadata of its row, or nothing. */
export type OtlpAction = 'index_label' | 'structured_metadata' | 'drop';

/** Where attributes go, by their names. */
export interface OtlpRules {
  resource(name: string): OtlpAction;
  scope(name: string): OtlpAction;
  log(name: string): OtlpAction;
  /** The severity text is a label of the stream, too. */
  readonly severityTextAsLabel: boolean;
  /** Records of one resource can belong to several streams. */
  readonly splitsResources: boolean;
}

/** Resource attributes that become labels unless `ignore_defaults` is set. */
const LABEL_ATTRIBUTES: ReadonlySet<string> = new Set([
  'service.name',
  'service.namespace',
  'service.instance.id',
  'deployment.environment',
  'deployment.environment.name',
  'cloud.region',
  'cloud.availability_zone',
  'k8s.cluster.name',
  'k8s.namespace.name',
  'k8s.pod.name',
  'k8s.container.name',
  'container.name',
  'k8s.replicaset.name',
  'k8s.deployment.name',
  'k8s.statefulset.name',
  'k8s.daemonset.name',
  'k8s.cronjob.name',
  'k8s.job.name',
]);

type RuleTest = (name: string) => OtlpAction | undefined;
type Fields = Readonly<Record<string, unknown>>;

/** Rules of tenants, compiled; as many as anybody has tenants with rules of their own. */
const MAX_COMPILED = 1000;
const compiled = new Map<string, OtlpRules>();

/**
 * Rules of an `otlp_config` in its text form, which `otlpConfigText` has checked.
 *
 * @param text empty for the defaults
 */
export function otlpRules(text: string): OtlpRules {
  let rules = compiled.get(text);
  if (rules === undefined) {
    if (compiled.size >= MAX_COMPILED) compiled.clear();
    rules = compileRules(text === '' ? {} : JSON.parse(text));
    compiled.set(text, rules);
  }
  return rules;
}

/**
 * Checks an `otlp_config` as it stands in YAML and gives its text form.
 *
 * @throws Error in words, naming the key
 */
export function otlpConfigText(raw: unknown): string {
  const value: unknown = typeof raw === 'string' && raw.trim() !== '' ? JSON.parse(raw) : raw;
  if (value === null || value === undefined || value === '') return '';
  compileRules(value);
  return JSON.stringify(value);
}

function compileRules(raw: unknown): OtlpRules {
  const config = fieldsOf(raw, 'otlp_config', [
    'resource_attributes',
    'scope_attributes',
    'log_attributes',
    'severity_text_as_label',
  ]);
  const resource = fieldsOf(config['resource_attributes'] ?? {}, 'resource_attributes', [
    'ignore_defaults',
    'attributes_config',
  ]);
  const ignoreDefaults = flagOf(resource['ignore_defaults'], 'ignore_defaults');
  const severityTextAsLabel = flagOf(config['severity_text_as_label'], 'severity_text_as_label');
  const resourceTest = testsOf(resource['attributes_config'], 'attributes_config', true);
  const scopeTest = testsOf(config['scope_attributes'], 'scope_attributes', false);
  const logTest = testsOf(config['log_attributes'], 'log_attributes', true);
  return {
    resource: (name) =>
      resourceTest.test(name) ??
      (!ignoreDefaults && LABEL_ATTRIBUTES.has(name) ? 'index_label' : 'structured_metadata'),
    scope: (name) => scopeTest.test(name) ?? 'structured_metadata',
    log: (name) => logTest.test(name) ?? 'structured_metadata',
    severityTextAsLabel,
    splitsResources: severityTextAsLabel || logTest.makesLabels,
  };
}

/** The first item that names an attribute decides. */
function testsOf(
  raw: unknown,
  where: string,
  labelsAllowed: boolean,
): { readonly test: RuleTest; readonly makesLabels: boolean } {
  if (raw === undefined || raw === null) return { test: () => undefined, makesLabels: false };
  if (!Array.isArray(raw)) throw new Error(`${where}: expected a list`);
  let makesLabels = false;
  const tests = raw.map((item: unknown): RuleTest => {
    const fields = fieldsOf(item, where, ['action', 'attributes', 'regex']);
    const action = actionOf(fields['action'], where);
    if (action === 'index_label' && !labelsAllowed) throw new Error(`${where}: index_label is not possible here`);
    makesLabels ||= action === 'index_label';
    const named = nameTest(fields, where);
    return (name) => (named(name) ? action : undefined);
  });
  const test: RuleTest = (name) => {
    for (const one of tests) {
      const action = one(name);
      if (action !== undefined) return action;
    }
    return undefined;
  };
  return { test, makesLabels };
}

function nameTest({ attributes, regex }: Fields, where: string): (name: string) => boolean {
  if ((attributes === undefined) === (regex === undefined))
    throw new Error(`${where}: expected either attributes or regex`);
  if (typeof regex === 'string') {
    const pattern = compileRegex(regex, { anchored: true });
    return (name) => pattern.test(name);
  }
  if (!Array.isArray(attributes) || !attributes.every((name) => typeof name === 'string')) {
    throw new Error(`${where}: expected a list of attribute names, or a regex`);
  }
  const names = new Set<string>(attributes);
  return (name) => names.has(name);
}

function actionOf(raw: unknown, where: string): OtlpAction {
  if (raw === undefined) return 'structured_metadata';
  if (raw === 'index_label' || raw === 'structured_metadata' || raw === 'drop') return raw;
  throw new Error(`${where}: unknown action ${JSON.stringify(raw)}`);
}

function flagOf(raw: unknown, where: string): boolean {
  if (raw === undefined || typeof raw === 'boolean') return raw ?? false;
  throw new Error(`${where}: expected true or false`);
}

function fieldsOf(raw: unknown, where: string, known: readonly string[]): Fields {
  if (raw === null || typeof raw !== 'object' || Array.isArray(raw)) throw new Error(`${where}: expected a map`);
  for (const key of Object.keys(raw)) {
    if (!known.includes(key)) throw new Error(`${where}: unknown key ${key}, expected one of ${known.join(', ')}`);
  }
  return raw as Fields;
}
