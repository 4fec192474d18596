/**
 * The text of a request's body, if it is no larger than `bytesMax`; null otherwise. Reading stops at the limit, whatever the headers claim.
 * @throws TypeError if the body is not UTF-8.
 */
export async function readLimitedBody(request: Request, bytesMax: number): Promise<string | null> {
  if (request.body === null) return ''
  if (Number(request.headers.get('content-length')) > bytesMax) return null
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const reader = request.body.getReader()
  let text = ''
  let bytes = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()
    bytes += value.byteLength
    if (bytes > bytesMax) {
      await reader.cancel()
      return null
    }
    text += decoder.decode(value, { stream: true })
  }
}
