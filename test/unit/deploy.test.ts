import { existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse, parseAllDocuments } from 'yaml';
import { DEFAULT_PORT } from '../../src/config/keys.ts';
import { loadSettings } from '../../src/config/settings.ts';
import { VERSION } from '../../src/server/version.ts';
import { appDouble } from '../support/http-app.ts';

const dockerfile = readFileSync('Dockerfile', 'utf8');
const packageJson = JSON.parse(readFileSync('package.json', 'utf8'));

/** Arguments of each instruction of that name, comments and continued lines joined away. */
function instructions(name: string): readonly string[] {
  const lines = dockerfile.replaceAll('\\\n', ' ').split('\n');
  return lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1).trim());
}

const documents = parseAllDocuments(readFileSync('deploy/statefulset.yaml', 'utf8')).map((document) => document.toJS());
// biome-ignore lint/suspicious/noExplicitAny: a YAML document, whose shape the tests below assert
const byKind = (kind: string): Record<string, any> => documents.find((document) => document.kind === kind);
const services = documents.filter((document) => document.kind === 'Service');
const statefulSet = byKind('StatefulSet')['spec'];
const pod = statefulSet.template.spec;
const container = pod.containers[0];

describe('Dockerfile', () => {
  const entrypoint = JSON.parse(instructions('ENTRYPOINT')[0]!) as readonly string[];

  it('runs the Node version that package.json pins', () => {
    const major = packageJson.dependencies.node.split('.')[0];
    expect(instructions('FROM').length).toBeGreaterThan(1);
    for (const from of instructions('FROM')) expect(from).toMatch(new RegExp(`^node:${major}-slim\\b`));
  });

  it('starts the server by flags that it knows, on the port and the folder that the image declares', () => {
    expect(entrypoint.slice(0, 2)).toEqual(['/halogi/bin/halogi', 'serve']);
    const settings = loadSettings(entrypoint.slice(2), {});
    expect(settings).toMatchObject({ host: '0.0.0.0', port: DEFAULT_PORT, dataDir: '/data' });
    expect(instructions('EXPOSE')).toEqual([String(DEFAULT_PORT)]);
    expect(instructions('VOLUME')).toEqual(['/data']);
  });

  it('runs as the user that the pod asks for', () => {
    expect(instructions('USER')).toEqual([`${pod.securityContext.runAsUser}:${pod.securityContext.runAsGroup}`]);
    expect(dockerfile).toContain(`chown ${pod.securityContext.runAsUser}:${pod.securityContext.fsGroup} /data`);
  });

  it('copies only what is there, or what its build makes', () => {
    const sources = instructions('COPY').flatMap((copy) =>
      copy
        .split(/\s+/)
        .filter((word) => !word.startsWith('--'))
        .slice(0, -1),
    );
    expect(sources.length).toBeGreaterThan(5);
    for (const source of sources) {
      if (source.startsWith('/halogi/') || source.includes('*')) continue;
      expect(existsSync(source), source).toBe(true);
    }
    expect(packageJson.scripts.build).toContain('tsconfig.build.json');
  });
});

describe('deploy/statefulset.yaml', () => {
  it('runs one pod, with the image of this version, found by both services', () => {
    expect(statefulSet.replicas).toBe(1);
    expect(container.image).toBe(`halogi:${VERSION}`);
    expect(services).toHaveLength(2);
    expect(
      services.filter((service) => service.spec.clusterIP === 'None').map((service) => service.metadata.name),
    ).toEqual([statefulSet.serviceName]);
    for (const service of services) {
      expect(service.spec.selector).toEqual(statefulSet.template.metadata.labels);
      expect(service.spec.ports).toEqual([{ name: 'http', port: DEFAULT_PORT, targetPort: 'http' }]);
    }
    expect(statefulSet.selector.matchLabels).toEqual(statefulSet.template.metadata.labels);
  });

  it('uses the port of the server everywhere', () => {
    expect(container.ports).toEqual([{ name: 'http', containerPort: DEFAULT_PORT }]);
    expect(statefulSet.template.metadata.annotations['prometheus.io/port']).toBe(String(DEFAULT_PORT));
  });

  it('asks for pages that the server has', () => {
    const { routes } = appDouble();
    const probe = container.readinessProbe.httpGet;
    expect(probe).toEqual({ path: '/ready', port: 'http' });
    expect(routes.methodsOf(probe.path)).toContain('GET');
    expect(routes.methodsOf(statefulSet.template.metadata.annotations['prometheus.io/path'])).toContain('GET');
  });

  it('mounts the claimed volume where the image keeps its data', () => {
    const claim = statefulSet.volumeClaimTemplates[0].metadata.name;
    expect(container.volumeMounts).toContainEqual({ name: claim, mountPath: '/data' });
    expect(instructions('VOLUME')).toEqual(['/data']);
  });

  it('hands over a configuration that the server accepts, at the mounted path', () => {
    const mount = container.volumeMounts.find((item: { name: string }) => item.name === 'config');
    expect(container.args).toEqual(['--config', `${mount.mountPath}/halogi.yaml`]);
    const text = byKind('ConfigMap')['data']['halogi.yaml'];
    const file = join(mkdtempSync(join(tmpdir(), 'halogi-deploy-')), 'halogi.yaml');
    writeFileSync(file, text);
    const settings = loadSettings(['--config', file], {});
    expect(settings.notes).toEqual([]);
    expect(settings.retentionMinFreeBytes).toBe(2 * 1024 ** 3);
    expect(parse(text)).toHaveProperty('overrides');
  });

  it('gives a stop the time it may take, and no rights', () => {
    expect(pod.terminationGracePeriodSeconds).toBeGreaterThanOrEqual(30);
    expect(pod.securityContext).toMatchObject({ runAsNonRoot: true, runAsUser: 10001 });
    expect(container.securityContext).toMatchObject({ readOnlyRootFilesystem: true, allowPrivilegeEscalation: false });
    expect(pod.enableServiceLinks).toBe(false);
  });
});

describe('version', () => {
  it('is that of package.json', () => {
    expect(VERSION).toBe(packageJson.version);
  });
});
