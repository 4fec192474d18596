declare const brand: unique symbol

/** A string or number that must not be mixed with another of the same shape: `Brand<string, 'WorkerId'>`. */
export type Brand<Base, Name extends string> = Base & { readonly [brand]: Name }
