import type { SettingKind, SettingValue } from './units.ts';

/** One setting: its key (`section.name`), kind, default, the texts it may have if these are few, and a line for people. */
export interface SettingSpec {
  readonly key: string;
  readonly kind: SettingKind;
  readonly default: SettingValue;
  readonly choices?: readonly string[];
  readonly about: string;
}
