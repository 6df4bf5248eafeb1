import type { SettingSpec } from './setting-spec.ts';
import type { SettingValue } from './units.ts';

/** Rules. Names are those of Loki's section `ruler`, but for the last three. */
export const RULER_SETTINGS: readonly SettingSpec[] = [
  {
    key: 'ruler.rule_path',
    kind: 'text',
    default: '',
    about: 'folder with a folder of rule files for each tenant; empty: none',
  },
  { key: 'ruler.enable_api', kind: 'flag', default: true, about: 'rule groups may be made and deleted by HTTP' },
  {
    key: 'ruler.evaluation_interval',
    kind: 'duration',
    default: 60_000,
    about: 'interval of groups that name none',
  },
  { key: 'ruler.poll_interval', kind: 'duration', default: 10_000, about: 'how often rule files are looked at' },
  {
    key: 'ruler.external_url',
    kind: 'text',
    default: '',
    about: 'address of Grafana, for links in alerts',
  },
  { key: 'ruler.datasource_uid', kind: 'text', default: '', about: 'data source of those links' },
  {
    key: 'ruler.external_labels',
    kind: 'json',
    default: '',
    about: 'labels that are added to alerts and recorded samples',
  },
  {
    key: 'ruler.for_outage_tolerance',
    kind: 'duration',
    default: 60 * 60_000,
    about: 'pending alerts are taken up again after a stop that was no longer',
  },
  {
    key: 'ruler.alertmanager_url',
    kind: 'list',
    default: [],
    about: 'Alertmanagers, each of which gets all alerts',
  },
  {
    key: 'ruler.alertmanager_discovery',
    kind: 'flag',
    default: false,
    about: 'find Alertmanagers by DNS: SRV records of names that begin with _, else addresses',
  },
  {
    key: 'ruler.alertmanager_refresh_interval',
    kind: 'duration',
    default: 60_000,
    about: 'how often DNS is asked',
  },
  {
    key: 'ruler.alertmanager_client',
    kind: 'json',
    default: '',
    about:
      'basic_auth_username, basic_auth_password; type, credentials; tls_ca_path, tls_cert_path, tls_key_path, tls_server_name, tls_insecure_skip_verify',
  },
  {
    key: 'ruler.alert_relabel_configs',
    kind: 'json',
    default: '',
    about: 'relabeling of alerts before they are sent',
  },
  {
    key: 'ruler.notification_queue_capacity',
    kind: 'count',
    default: 10_000,
    about: 'alerts that wait for an Alertmanager; the oldest go first',
  },
  {
    key: 'ruler.notification_timeout',
    kind: 'duration',
    default: 10_000,
    about: 'time for an Alertmanager to answer',
  },
  { key: 'ruler.resend_delay', kind: 'duration', default: 60_000, about: 'how often a firing alert is sent again' },
  {
    key: 'ruler.remote_write',
    kind: 'json',
    default: '',
    about:
      'receivers of recorded samples: enabled, clients by name with url, headers, basic_auth, authorization, tls_config, write_relabel_configs, remote_timeout',
  },
  {
    key: 'ruler.remote_write_queue_bytes',
    kind: 'size',
    default: 256 * 1024 * 1024,
    about: 'samples on disk that wait for a receiver; the oldest go first',
  },
  { key: 'ruler.concurrency', kind: 'count', default: 2, about: 'rules that are evaluated at a time' },
];

/** Whether anything about rules is set: only then is it checked at the start. */
export function hasRulerSettings(valueByKey: ReadonlyMap<string, SettingValue>): boolean {
  return RULER_SETTINGS.some((spec) => String(valueByKey.get(spec.key)) !== String(spec.default));
}
