import { Repeater } from 'graphql-yoga'
import { authenticateAgain } from '../access/authenticate.ts'
import { watchCaller } from '../access/watch-caller.ts'
import { AppError } from '../core/errors.ts'
import type { ExportJob } from '../core/export-job.ts'
import { parseExportJobId } from '../core/public-id.ts'
import { followJob } from '../exports/follow.ts'
import { findJob } from '../exports/jobs.ts'
import { builder } from './builder.ts'
import type { GraphQLContext } from './context.ts'
import { exportJob } from './export-jobs.ts'

builder.subscriptionField('exportJobUpdated', (t) =>
  t.field({
    type: exportJob,
    description:
      'One job: its current state first, then whole states as it changes, at most four a second, and the end after ' +
      'its final state. To reconnect, subscribe again: nothing is missed.',
    args: { id: t.arg.id({ required: true, description: 'Its id.' }) },
    subscribe: async (_root, { id }, context) => {
      const uuid = parseExportJobId(id)
      if (!uuid || !(await findJob(context.app, context.caller, uuid))) {
        throw new AppError('NOT_FOUND', `There is no export job ${JSON.stringify(id)}.`, {
          hint: 'See them all: query exportJobs, or run evalport status.',
        })
      }
      return follow(context, uuid)
    },
    resolve: (job) => job,
  }),
)

/** A Repeater, not an async generator: its `return` takes effect at once, also while nothing happens. */
function follow(context: GraphQLContext, id: string): AsyncIterable<ExportJob> {
  const { app, caller } = context
  return new Repeater<ExportJob>(async (push, stop) => {
    const load = async () => {
      // For this state and what is asked of it: the caller may have another role by now.
      context.caller = await authenticateAgain(app.db, caller)
      return findJob(app, context.caller, id)
    }
    const end = followJob(app, id, load, { next: push, end: stop })
    // Otherwise somebody who may not come in any more would be told so only with the next news of the job.
    const unwatch = watchCaller(app, caller, { ended: stop })
    await stop
    unwatch()
    end()
  })
}
