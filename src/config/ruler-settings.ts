import { LogError } from '../base/errors.ts';
import type { RulerSettings } from '../rules/model/ruler-settings.ts';
import {
  jsonSetting,
  parseAlertmanagerHttp,
  parseRelabel,
  parseRemoteWrite,
  parseTextMap,
} from '../rules/parse/parse-settings.ts';
import type { Settings } from './settings.ts';
import type { SettingValue } from './units.ts';

const SECTION = 'ruler.';

/** The settings under `ruler`. @throws LogError CONFIG_INVALID naming the key */
export function rulerSettings({ valueByKey }: Pick<Settings, 'valueByKey'>): RulerSettings {
  const get = (name: string): SettingValue => valueByKey.get(SECTION + name)!;
  const json = <T>(name: string, parse: (raw: unknown, where: string) => T): T => {
    const where = SECTION + name;
    return parse(jsonSetting(get(name) as string, where), where);
  };
  const urls = get('alertmanager_url') as readonly string[];
  for (const url of urls) {
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
      throw new LogError(
        'CONFIG_INVALID',
        `ruler.alertmanager_url: expected an address such as http://alerts:9093, found "${url}"`,
      );
  }
  const atLeast = (name: string, least: number): number => {
    const value = get(name) as number;
    if (value < least) throw new LogError('CONFIG_INVALID', `${SECTION}${name}: expected ${least} or more`);
    return value;
  };
  return {
    rulePath: get('rule_path') as string,
    apiEnabled: get('enable_api') as boolean,
    evaluationIntervalMs: atLeast('evaluation_interval', 1000),
    pollIntervalMs: atLeast('poll_interval', 100),
    concurrency: atLeast('concurrency', 1),
    externalUrl: get('external_url') as string,
    externalLabels: json('external_labels', parseTextMap),
    datasourceUid: get('datasource_uid') as string,
    forOutageToleranceMs: get('for_outage_tolerance') as number,
    alertmanagerUrls: urls,
    alertmanagerDiscovery: get('alertmanager_discovery') as boolean,
    alertmanagerRefreshMs: atLeast('alertmanager_refresh_interval', 1000),
    alertmanagerHttp: json('alertmanager_client', parseAlertmanagerHttp),
    alertRelabel: json('alert_relabel_configs', parseRelabel),
    queueCapacity: atLeast('notification_queue_capacity', 1),
    notificationTimeoutMs: atLeast('notification_timeout', 1),
    resendDelayMs: get('resend_delay') as number,
    remoteWrite: json('remote_write', parseRemoteWrite),
    remoteWriteQueueBytes: get('remote_write_queue_bytes') as number,
  };
}
