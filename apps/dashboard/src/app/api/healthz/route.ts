/**
 * `GET /api/healthz`: the dashboard's server answers. It says nothing about the coordinator: a dashboard without one is healthy, for its page
 * explains what is missing, and restarting it would not help.
 */
export async function GET(): Promise<Response> {
  return Response.json({ status: 'ok' }, { headers: { 'cache-control': 'no-store' } })
}
