import { enterCluster, foundCluster, type Ground } from './enter-cluster.ts'
import { findPostmaster } from './postmaster-file.ts'
import { stopServer } from './stop-server.ts'
import { leaveServer, type Tenancy } from './tenancy.ts'

/** A server that stays up for as long as we hold it. */
export interface Hold {
  port: number
  /** Of the role that the program works with. */
  password: string
  /** Lets go; stops the server if nobody else holds it. */
  end(): Promise<void>
}

/** Makes the cluster if need be, enters its server, and starts it again on its port if it falls. Throws CannotStart. */
export async function holdServer(ground: Ground): Promise<Hold> {
  await foundCluster(ground)
  let tenancy = await enterCluster(ground, null)
  const { port, password } = tenancy
  let ending = false
  let returning: Promise<void> = Promise.resolve()

  const comeBack = async () => {
    ground.onNotice(`PostgreSQL on ${ground.folder.cluster} went away; starting it again`)
    tenancy = await enterCluster(ground, port)
    watch()
  }
  const watch = () => {
    tenancy.lost.then(() => {
      if (!ending) returning = comeBack().catch((error) => ground.onNotice(String(error)))
    })
  }
  watch()

  return {
    port,
    password,
    end: async () => {
      ending = true
      await returning
      await leave(ground, tenancy)
    },
  }
}

async function leave(ground: Ground, tenancy: Tenancy): Promise<void> {
  if (!(await leaveServer(tenancy))) return
  const server = await findPostmaster(ground.folder)
  // Without its file, if somebody removed the folder, it is still the one that we entered.
  const stopped = await stopServer(ground.folder, server?.pid || tenancy.pid)
  await tenancy.client.end().catch(() => {})
  if (!stopped) ground.onNotice(`PostgreSQL on ${ground.folder.cluster} did not stop and was left running`)
}
