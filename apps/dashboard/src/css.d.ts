// Style sheets are imported for their effect; a test reads one as text.
declare module '*.css'
declare module '*.css?raw' {
  const text: string
  export default text
}
