/** Version of the program; the same as in package.json, which a test holds it to. */
export const VERSION = '0.1.0';

/** The version of Loki whose answers this server gives, told to clients that choose features by it. */
export const COMPATIBLE_WITH = '3.6.7';
