/** The tasks of every pool under measurement. */

/** @param {number} n @returns {number} */
export function square(n) {
  return n * n
}

/** So many rounds of a computation that no compiler leaves out. @param {number} rounds @returns {number} */
export function burn(rounds) {
  let state = 1
  for (let i = 0; i < rounds; i++) state = (Math.imul(state, 1664525) + 1013904223) | 0
  return state
}
