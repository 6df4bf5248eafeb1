import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { nodeDisk } from '../base/disk/node-disk.ts';
import type { RuleQueries } from '../rules/model/rule-query.ts';
import type { RuleApi } from '../rules/rule-api.ts';
import type { Ruler } from '../rules/ruler.ts';
import type { EngineOptions } from './engine.ts';

/** As in `rules/ruler.ts`, whose code is not loaded for a look at it. */
const RULES_FOLDER = 'rules';

interface LazyRulesOptions extends EngineOptions {
  readonly queries: () => Promise<RuleQueries>;
}

interface LoadedRules {
  readonly api: RuleApi;
  readonly ruler: Ruler;
}

/** The code of rules, loaded when there are rules or when somebody asks: most servers have none. */
export class LazyRules {
  readonly #options: LazyRulesOptions;
  #loaded: Promise<LoadedRules> | undefined;
  #isClosed = false;

  constructor(options: LazyRulesOptions) {
    this.#options = options;
  }

  /** Starts what the data folder or the settings have. */
  startIfAny(): void {
    const { settings, logger } = this.#options;
    const isSet = settings.valueByKey.get('ruler.rule_path') !== '';
    if (!isSet && !existsSync(join(settings.dataDir, RULES_FOLDER))) return;
    this.load().catch((err: unknown) => logger.error({ err }, 'rules not started'));
  }

  async load(): Promise<RuleApi> {
    this.#loaded ??= this.#start();
    return (await this.#loaded).api;
  }

  async #start(): Promise<LoadedRules> {
    const [{ Ruler }, { RuleApi }, { rulerSettings }, { RuleMetrics }, queries] = await Promise.all([
      import('../rules/ruler.ts'),
      import('../rules/rule-api.ts'),
      import('../config/ruler-settings.ts'),
      import('./rule-metrics.ts'),
      this.#options.queries(),
    ]);
    const { settings: all, limitsFor, metrics, logger } = this.#options;
    const settings = rulerSettings(all);
    const nowMs = Date.now;
    const meter = new RuleMetrics(metrics.registry, settings.queueCapacity, () => ruler.queueLength);
    const ruler = new Ruler({
      dataDir: all.dataDir,
      disk: nodeDisk,
      settings,
      limitsFor,
      queries,
      nowMs,
      meter,
      log: logger,
    });
    if (!this.#isClosed) await ruler.start();
    return { ruler, api: new RuleApi({ ruler, settings, queries, nowMs }) };
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const loaded = await this.#loaded?.catch(() => undefined);
    await loaded?.ruler.stop();
  }
}
