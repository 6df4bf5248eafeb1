import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bodyFile, DataGenerator } from './logs/generate.ts';
import type { BodyInfo, DataParameters, Manifest } from './logs/manifest.ts';

/** Changes with the generator: data sets of another version are not used. */
const GENERATOR_VERSION = 2;

/** A seeded data set on disk. */
export class Dataset {
  readonly folder: string;
  readonly manifest: Manifest;

  constructor(folder: string, manifest: Manifest) {
    this.folder = folder;
    this.manifest = manifest;
  }

  /** A push body as a client sends it: protobuf in a snappy block. */
  readBody(index: number): Buffer {
    return readFileSync(join(this.folder, 'bodies', bodyFile(index)));
  }

  /** Reads all bodies once, so that the page cache has them when a run starts. */
  warmUp(): void {
    for (let i = 0; i < this.manifest.bodies.length; i++) this.readBody(i);
  }

  /** Text files with the lines of apps, one line each; all apps when none is given. */
  rawFiles(apps: readonly string[] = Object.keys(this.manifest.linesPerApp)): string[] {
    return apps.map((app) => join(this.folder, 'raw', `${app}.log`));
  }

  /** Bodies with their numbers, in the order in which they are sent. */
  bodies(from = 0, to: number = this.manifest.bodies.length): (BodyInfo & { readonly index: number })[] {
    return this.manifest.bodies.slice(from, to).map((body, i) => ({ ...body, index: from + i }));
  }
}

/** Opens the data set with these parameters below `dataFolder`; makes it first when it is not there. */
export function openDataset(dataFolder: string, parameters: DataParameters, log: (text: string) => void): Dataset {
  const { sizeMb, streams, hours, seed } = parameters;
  const folder = join(dataFolder, `logs-v${GENERATOR_VERSION}-${sizeMb}mb-${streams}streams-${hours}h-seed${seed}`);
  if (!existsSync(join(folder, 'manifest.json'))) {
    log(`making ${sizeMb} MB of logs in ${folder}`);
    const unfinished = `${folder}.${process.pid}`;
    mkdirSync(unfinished, { recursive: true });
    new DataGenerator(unfinished, parameters).run();
    rmSync(folder, { recursive: true, force: true });
    renameSync(unfinished, folder);
  }
  return new Dataset(folder, JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest);
}
