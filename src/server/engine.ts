import type { Logger } from 'pino';
import type { Settings } from '../config/settings.ts';
import type { Deletes } from '../deletes/deletes.ts';
import type { PushService, QueryService, TailService } from '../http/request/parts.ts';
import type { Limits } from '../model/limits.ts';
import type { RuleQueries } from '../rules/model/rule-query.ts';
import type { RuleApi } from '../rules/rule-api.ts';
import type { FoundDamage } from '../store/segments/damage-ledger.ts';
import type { Metrics } from './metrics.ts';

export interface EngineOptions {
  readonly settings: Settings;
  readonly limitsFor: (tenant: string) => Limits;
  readonly metrics: Metrics;
  readonly logger: Logger;
}

/** Everything behind the routes: store, ingest, queries and their threads, opened on one data folder. */
export interface Engine {
  readonly push: PushService;
  /** Queries and tails; their code is loaded when it is first asked for. */
  readers(): Promise<{ readonly queries: QueryService; readonly tails: TailService }>;
  /** Rules; loaded and started when there are any, or when they are first asked for. */
  rules(): Promise<RuleApi>;
  /** Delete requests; loaded when there are any, or when they are first asked for. */
  deletes(): Promise<Deletes>;
  /** Queries on the share that rules have. */
  ruleQueries(): Promise<RuleQueries>;
  /** Loads and starts what the first requests would else wait for. Call it when the server is ready. */
  warmUp(): void;
  /** Undefined while all is well, else why no traffic should come. */
  notReadyReason(): string | undefined;
  flush(): Promise<void>;
  /** Damage of the data folder that is known. */
  damage(): readonly FoundDamage[];
  close(): Promise<void>;
}

export type OpenEngine = (options: EngineOptions) => Promise<Engine>;
