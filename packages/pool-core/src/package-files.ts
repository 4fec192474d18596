/**
 * Where the files of this package are that it starts or loads by their place. The only place that asks `import.meta.url`, since what is published has
 * many modules in one file: `rolldown.config.ts` sees to it that this one is in the folder's own.
 */
const PLACE: string = import.meta.url

/** Whether this is the source, and not what was made of it. */
export const FROM_SOURCE: boolean = PLACE.endsWith('.ts')

/** The folder that all of this package's code is in. */
export const CODE_FOLDER: URL = new URL('.', PLACE)

/** The file of one of this package's programs: TypeScript where this is, JavaScript where it is compiled. */
export function programFile(name: string): URL {
  return new URL(`${name}.${FROM_SOURCE ? 'ts' : 'js'}`, CODE_FOLDER)
}

/** Loads one of them at once, at its first use: code that most programs never need. */
export function loadProgram(file: URL): unknown {
  return requireHere()(process.getBuiltinModule('node:url').fileURLToPath(file))
}

/**
 * `require` of this folder. (Node's modules are asked for by `getBuiltinModule` in what every worker loads, and where they are used if few programs need them: an import
 * takes 0.2 ms to 5 ms of each worker, since it reads all that the module has, and so loads what is there on demand.)
 */
export function requireHere(): NodeJS.Require {
  return process.getBuiltinModule('node:module').createRequire(CODE_FOLDER)
}
