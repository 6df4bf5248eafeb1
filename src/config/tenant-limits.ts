import { unwatchFile, watchFile } from 'node:fs';
import type { Limits } from '../model/limits.ts';
import { allSettings } from './keys.ts';
import type { Settings } from './settings.ts';
import { type FileOptions, overriddenLimits, readConfigFile } from './sources.ts';

/** How often the file is looked at, milliseconds; Loki's default for its own file. */
const RELOAD_EVERY_MS = 10_000;

export interface TenantLimitsHooks {
  onReload(tenantCount: number): void;
  /** The file cannot be used; the limits in force stay. */
  onError(error: unknown): void;
}

/**
 * Limits of each tenant: the global ones, or those under `overrides` in the configuration file, which is read again when it
 * changes (or on `reload`). Settings outside `overrides` keep the values of the start.
 */
export class TenantLimits {
  readonly #global: Limits;
  readonly #file: string | undefined;
  readonly #fileOptions: FileOptions;
  /** Files that decide about overrides. */
  readonly #watched: readonly string[];
  readonly #hooks: TenantLimitsHooks;
  #overrides: ReadonlyMap<string, Limits>;
  readonly #onChange = (): void => this.reload();

  constructor(
    settings: Pick<Settings, 'limits' | 'overrides' | 'configFile' | 'overridesFile' | 'fileOptions'>,
    hooks: TenantLimitsHooks,
  ) {
    this.#global = settings.limits;
    this.#overrides = settings.overrides;
    this.#file = settings.configFile;
    this.#fileOptions = settings.fileOptions;
    this.#watched = [settings.configFile, settings.overridesFile].filter((file) => file !== undefined);
    this.#hooks = hooks;
  }

  limitsFor(tenant: string): Limits {
    return this.#overrides.get(tenant) ?? this.#global;
  }

  /** Starts to look at the file every 10 s; does not keep the process alive. */
  start(): void {
    for (const file of this.#watched) {
      watchFile(file, { interval: RELOAD_EVERY_MS, persistent: false }, this.#onChange);
    }
  }

  reload(): void {
    if (this.#file === undefined) return;
    try {
      this.#overrides = overriddenLimits(
        this.#global,
        readConfigFile(this.#file, allSettings(), this.#fileOptions).overrides,
      );
      this.#hooks.onReload(this.#overrides.size);
    } catch (error) {
      this.#hooks.onError(error);
    }
  }

  close(): void {
    for (const file of this.#watched) unwatchFile(file, this.#onChange);
  }
}
