import { enterCluster, foundCluster, type House } from './enter-cluster.ts'
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
export async function holdServer(house: House): Promise<Hold> {
  await foundCluster(house)
  let tenancy = await enterCluster(house, null)
  const { port, password } = tenancy
  let ending = false
  let returning: Promise<void> = Promise.resolve()

  const comeBack = async () => {
    house.onNotice(`PostgreSQL on ${house.folder.cluster} went away; starting it again`)
    tenancy = await enterCluster(house, port)
    watch()
  }
  const watch = () => {
    tenancy.lost.then(() => {
      if (!ending) returning = comeBack().catch((error) => house.onNotice(String(error)))
    })
  }
  watch()

  return {
    port,
    password,
    end: async () => {
      ending = true
      await returning
      await leave(house, tenancy)
    },
  }
}

async function leave(house: House, tenancy: Tenancy): Promise<void> {
  if (!(await leaveServer(tenancy))) return
  const stopped = await stopServer(house.folder)
  await tenancy.client.end().catch(() => {})
  if (!stopped) house.onNotice(`PostgreSQL on ${house.folder.cluster} did not stop and was left running`)
}
