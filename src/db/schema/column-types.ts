import { customType } from 'drizzle-orm/pg-core'

/** A 64-bit transaction number, as text: it never wraps around, unlike `xid`. */
export const xid8 = customType<{ data: string }>({
  dataType: () => 'xid8',
})

/** Postgres' own text of a snapshot: `xmin:xmax:xip,xip`. */
export const pgSnapshot = customType<{ data: string }>({
  dataType: () => 'pg_snapshot',
})
