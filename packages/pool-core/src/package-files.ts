/**
 * The folder that all of this package's code is in. The only place that asks `import.meta.url`, since what is published has many modules in one file:
 * `rolldown.config.ts` sees to it that this one is in the folder's own. Asked when it is needed: to answer, Node loads its module `url` into each worker.
 */
export function codeFolder(): URL {
  return new URL('.', import.meta.url)
}

/** Whether this is the source, and not what was made of it. */
export function isSource(): boolean {
  return import.meta.url.endsWith('.ts')
}

/** The file of one of this package's programs: TypeScript where this is, JavaScript where it is compiled. */
export function programFile(name: string): URL {
  return new URL(`${name}.${isSource() ? 'ts' : 'js'}`, codeFolder())
}

/** Loads one of them at once, at its first use: code that most programs never need. */
export function loadProgram(name: string): unknown {
  return requireHere()(process.getBuiltinModule('node:url').fileURLToPath(programFile(name)))
}

/**
 * `require` of this folder. (Node's modules are asked for by `getBuiltinModule` in what every worker loads, and where they are used if few programs need them: an import
 * takes 0.2 ms to 5 ms of each worker, since it reads all that the module has, and so loads what is there on demand.)
 */
export function requireHere(): NodeJS.Require {
  return process.getBuiltinModule('node:module').createRequire(codeFolder())
}
