import { join } from 'node:path';
import type { Disk } from '../base/disk/disk.ts';
import { LogError } from '../base/errors.ts';
import type { Limits } from '../model/limits.ts';
import { type GroupMeter, GroupRunner } from './evaluate/group-runner.ts';
import { Turns } from './evaluate/turns.ts';
import { groupKey, type RuleGroup } from './model/rule-group.ts';
import type { RuleQueries } from './model/rule-query.ts';
import type { RemoteWriteClient, RulerSettings } from './model/ruler-settings.ts';
import { Notifier } from './notify/notifier.ts';
import type { NotifyMeter } from './notify/notifier-options.ts';
import { jsonSetting, parseClient } from './parse/parse-settings.ts';
import { errorText, isMap, ruleError } from './parse/rule-error.ts';
import { type RemoteWriteMeter, RemoteWriter } from './remote-write/remote-writer.ts';
import { AlertStore, type StoredGroup } from './store/alert-store.ts';
import { ApiGroups } from './store/api-groups.ts';
import { RuleFiles } from './store/rule-files.ts';

/** Rules of all tenants together: what the main thread can keep an eye on. */
const MAX_RULES = 20_000;
const MAX_GROUPS = 5000;
const RULES_FOLDER = 'rules';
const QUEUE_FOLDER = 'remote-write';

export interface RulerMeter {
  group(tenant: string, group: RuleGroup): GroupMeter;
  groupGone(tenant: string, group: RuleGroup): void;
  readonly notify: NotifyMeter;
  readonly remoteWrite: RemoteWriteMeter;
}

/** The log, as pino has it. */
export interface RulerLog {
  info(details: object, text: string): void;
  warn(details: object, text: string): void;
  error(details: object, text: string): void;
}

export interface RulerOptions {
  readonly dataDir: string;
  readonly disk: Disk;
  readonly settings: RulerSettings;
  readonly limitsFor: (tenant: string) => Limits;
  readonly queries: RuleQueries;
  readonly nowMs: () => number;
  readonly meter: RulerMeter;
  readonly log: RulerLog;
}

interface TenantRules {
  readonly store: AlertStore;
  stored: ReadonlyMap<string, StoredGroup>;
  runners: Map<string, GroupRunner>;
}

/** All rules of all tenants: loads them, runs them, and tells what they found. */
export class Ruler {
  readonly #options: RulerOptions;
  readonly #folder: string;
  readonly #turns: Turns;
  readonly #notifier: Notifier;
  readonly #writers: readonly RemoteWriter[];
  readonly #api: ApiGroups;
  readonly #files: RuleFiles;
  readonly #tenants = new Map<string, TenantRules>();
  #poll: NodeJS.Timeout | undefined;
  #applying: Promise<void> = Promise.resolve();
  #isStopped = false;
  /** Groups that are too many. */
  #leftOut = 0;

  constructor(options: RulerOptions) {
    const { settings, dataDir, disk, log, meter } = options;
    this.#options = options;
    this.#folder = join(dataDir, RULES_FOLDER);
    this.#turns = new Turns(settings.concurrency);
    const warn = (details: object, text: string): void => log.warn(details, text);
    this.#notifier = new Notifier({ settings, meter: meter.notify, warn });
    this.#writers = settings.remoteWrite.map(
      (client) =>
        new RemoteWriter({
          client,
          disk,
          folder: join(this.#folder, QUEUE_FOLDER, `client-${encodeURIComponent(client.name)}`),
          maxBytes: settings.remoteWriteQueueBytes,
          externalLabels: settings.externalLabels,
          clientOf: this.#clientOf(client),
          meter: meter.remoteWrite,
          warn,
        }),
    );
    this.#api = new ApiGroups(disk, this.#folder, settings.evaluationIntervalMs);
    this.#files = new RuleFiles({
      path: settings.rulePath,
      defaultIntervalMs: settings.evaluationIntervalMs,
      onError: (file, reason) => log.error({ file, reason }, 'rule file not used'),
    });
  }

  /** Loads rules and state and starts to evaluate. @throws LogError FORMAT_UNKNOWN */
  async start(): Promise<void> {
    await this.#api.load();
    await this.#files.poll();
    for (const writer of this.#writers) await writer.start();
    await this.#notifier.start();
    await this.#apply();
    this.#poll = setInterval(() => void this.#look(), this.#options.settings.pollIntervalMs);
    this.#poll.unref();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#poll);
    await this.#applying;
    const runners = [...this.#tenants.values()].flatMap((tenant) => [...tenant.runners.values()]);
    await Promise.all(runners.map((runner) => runner.stop()));
    await this.#notifier.stop();
    await Promise.all(this.#writers.map((writer) => writer.stop()));
  }

  /** Alerts that wait for an Alertmanager. */
  get queueLength(): number {
    return this.#notifier.queueLength;
  }

  /** Groups of a tenant as they run. */
  runnersOf(tenant: string): readonly GroupRunner[] {
    return [...(this.#tenants.get(tenant)?.runners.values() ?? [])];
  }

  /** Groups of a tenant from both sources. */
  groupsOf(tenant: string): readonly RuleGroup[] {
    return [...this.#files.of(tenant), ...this.#api.of(tenant)];
  }

  /** Adds a group or replaces the one of that name. @throws LogError BAD_PARAMETER for limits, or 409 for a file's namespace */
  async putGroup(tenant: string, group: RuleGroup): Promise<void> {
    const limits = this.#options.limitsFor(tenant);
    const { rulerMaxRulesPerRuleGroup: mostRules, rulerMaxRuleGroupsPerTenant: mostGroups } = limits;
    const count = group.rules.length;
    if (mostRules > 0 && count > mostRules)
      throw ruleError(`per-user rules per rule group limit (limit: ${mostRules} actual: ${count}) exceeded`);
    this.#refuseFiles(tenant, group.namespace, group.name);
    await this.#api.change(tenant, (groups) => {
      const key = groupKey(group);
      const at = groups.findIndex((one) => groupKey(one) === key);
      const next = at < 0 ? [...groups, group] : groups.with(at, group);
      if (mostGroups > 0 && next.length > mostGroups)
        throw ruleError(`per-user rule groups limit (limit: ${mostGroups} actual: ${next.length}) exceeded`);
      this.#checkTotals(count - (at < 0 ? 0 : groups[at]!.rules.length), at < 0 ? 1 : 0);
      return next;
    });
    await this.#apply();
  }

  /** @returns false when there is no such namespace. @throws LogError 409 for one of a file */
  async deleteNamespace(tenant: string, namespace: string): Promise<boolean> {
    this.#refuseFiles(tenant, namespace, undefined);
    if (!this.#api.of(tenant).some((group) => group.namespace === namespace)) return false;
    await this.#api.change(tenant, (groups) => groups.filter((group) => group.namespace !== namespace));
    await this.#apply();
    return true;
  }

  /** @throws LogError 409 for a group of a file */
  async deleteGroup(tenant: string, namespace: string, name: string): Promise<void> {
    this.#refuseFiles(tenant, namespace, name);
    await this.#api.change(tenant, (groups) =>
      groups.filter((group) => group.namespace !== namespace || group.name !== name),
    );
    await this.#apply();
  }

  #refuseFiles(tenant: string, namespace: string, name: string | undefined): void {
    const isFile = this.#files
      .of(tenant)
      .some((group) => group.namespace === namespace && (name === undefined || group.name === name));
    if (!isFile) return;
    const what = name === undefined ? `namespace "${namespace}"` : `group "${name}" of namespace "${namespace}"`;
    throw new LogError('BAD_PARAMETER', `${what} comes from a rule file of the server and cannot be changed here`, {
      status: 409,
    });
  }

  #checkTotals(moreRules: number, moreGroups: number): void {
    let rules = moreRules;
    let groups = moreGroups;
    for (const tenant of this.#tenants.values()) {
      groups += tenant.runners.size;
      for (const { group } of tenant.runners.values()) rules += group.rules.length;
    }
    if (rules > MAX_RULES && moreRules > 0) throw ruleError(`the server takes ${MAX_RULES} rules, found ${rules}`);
    if (groups > MAX_GROUPS && moreGroups > 0)
      throw ruleError(`the server takes ${MAX_GROUPS} rule groups, found ${groups}`);
  }

  async #look(): Promise<void> {
    try {
      if (await this.#files.poll()) await this.#apply();
    } catch (err) {
      this.#options.log.error({ err }, 'rule files not read');
    }
  }

  #apply(): Promise<void> {
    this.#applying = this.#applying.then(
      () => this.#applyNow(),
      () => this.#applyNow(),
    );
    return this.#applying;
  }

  async #applyNow(): Promise<void> {
    const { log } = this.#options;
    const names = new Set([...this.#files.tenants(), ...this.#api.tenants(), ...this.#tenants.keys()]);
    let groups = 0;
    let rulesCount = 0;
    let leftOut = 0;
    for (const tenant of names) {
      if (this.#isStopped) return;
      const rules = await this.#tenant(tenant);
      const wanted = new Map<string, RuleGroup>();
      for (const group of this.groupsOf(tenant)) {
        if (groups >= MAX_GROUPS || rulesCount + group.rules.length > MAX_RULES) {
          leftOut++;
          continue;
        }
        groups++;
        rulesCount += group.rules.length;
        wanted.set(groupKey(group), group);
      }
      await this.#swap(tenant, rules, wanted);
    }
    if (leftOut > 0 && leftOut !== this.#leftOut)
      log.error(
        { groups: leftOut },
        `rule groups left out: the server takes ${MAX_GROUPS} groups and ${MAX_RULES} rules`,
      );
    this.#leftOut = leftOut;
  }

  async #swap(tenant: string, rules: TenantRules, wanted: ReadonlyMap<string, RuleGroup>): Promise<void> {
    for (const [key, runner] of [...rules.runners]) {
      const next = wanted.get(key);
      if (next !== undefined && JSON.stringify(next.source) === JSON.stringify(runner.group.source)) continue;
      await runner.stop();
      rules.runners.delete(key);
      // A changed group goes on with the alerts of the rules that it still has.
      if (next !== undefined) rules.stored = new Map(rules.stored).set(key, runner.stored());
      else this.#options.meter.groupGone(tenant, runner.group);
    }
    for (const [key, group] of wanted) {
      if (rules.runners.has(key)) continue;
      const runner = this.#runner(tenant, rules, group);
      const stored = rules.stored.get(key);
      if (stored !== undefined) runner.restore(stored);
      rules.runners.set(key, runner);
      runner.start();
    }
    rules.stored = new Map();
    await this.#save(rules).catch((err: unknown) => this.#options.log.error({ err, tenant }, 'alerts not stored'));
  }

  async #tenant(tenant: string): Promise<TenantRules> {
    const known = this.#tenants.get(tenant);
    if (known !== undefined) return known;
    const store = new AlertStore(this.#options.disk, this.#folder, tenant);
    const rules: TenantRules = { store, stored: await store.load(), runners: new Map() };
    this.#tenants.set(tenant, rules);
    return rules;
  }

  #runner(tenant: string, rules: TenantRules, group: RuleGroup): GroupRunner {
    const { settings, queries, limitsFor, nowMs, log, meter } = this.#options;
    return new GroupRunner(group, {
      tenant,
      queries,
      turns: this.#turns,
      alerts: settings,
      outageToleranceMs: settings.forOutageToleranceMs,
      nowMs,
      meter: meter.group(tenant, group),
      delayMs: () => limitsFor(tenant).rulerEvaluationDelayMs,
      failed: (rule, { namespace, name }, error) =>
        log.warn(
          { tenant, namespace, group: name, rule: rule.name, reason: errorText(error) },
          'rule evaluation failed',
        ),
      notify: (alerts, rule) => this.#notifier.notify(alerts, rule),
      record: async (samples) => {
        for (const writer of this.#writers) await writer.add(tenant, samples);
      },
      save: () =>
        this.#save(rules).catch((err: unknown) => {
          log.error({ err, tenant }, 'alerts not stored');
        }),
    });
  }

  #save(rules: TenantRules): Promise<void> {
    return rules.store.save(() => new Map([...rules.runners].map(([key, runner]) => [key, runner.stored()] as const)));
  }

  /** A client with what the limits of a tenant change of it; bad limits leave it as it is, and are told of once. */
  #clientOf(client: RemoteWriteClient): (tenant: string) => RemoteWriteClient | undefined {
    const known = new Map<string, RemoteWriteClient>();
    return (tenant) => {
      const { rulerRemoteWriteDisabled, rulerRemoteWriteConfig: text } = this.#options.limitsFor(tenant);
      if (rulerRemoteWriteDisabled) return undefined;
      if (text === '') return client;
      const found = known.get(text);
      if (found !== undefined) return found;
      let own = client;
      try {
        const all = jsonSetting(text, 'ruler_remote_write_config');
        const changes = isMap(all) ? all[client.name] : undefined;
        if (isMap(changes)) {
          const parsed = parseClient(client.name, { url: client.url, ...changes }, 'ruler_remote_write_config');
          own = {
            ...client,
            url: parsed.url,
            http: { ...client.http, headers: { ...client.http.headers, ...parsed.http.headers } },
            ...(parsed.relabel.length === 0 ? {} : { relabel: parsed.relabel }),
          };
          if (changes['basic_auth'] !== undefined || changes['authorization'] !== undefined)
            own = { ...own, http: { ...parsed.http, headers: own.http.headers } };
        }
      } catch (err) {
        this.#options.log.error({ err, tenant }, 'ruler_remote_write_config not used');
      }
      known.set(text, own);
      return own;
    };
  }
}
