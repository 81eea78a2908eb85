/**
 * The descriptions of a program with many more services than the company has, as a gateway would publish them.
 *
 * @module
 */
interface Program {
  readonly services: readonly object[]
}

const SERVICES = 100
const MODELS = 50

/** The program with a hundred services more. */
export const withManyServices = <P extends Program>(program: P): P => ({
  ...program,
  services: [
    ...program.services,
    ...Array.from({ length: SERVICES }, (_, i) => ({
      service: `department${i}`,
      title: `Department ${i}`,
      ui: `/api/department${i}/$ui`,
    })),
  ],
})

/** What one of them says of itself. @param path "/api/department7/$ui" */
export function descriptionOf(path: string): object {
  const service = path.split("/")[2] as string
  return {
    contract: 1,
    service,
    title: service,
    models: Array.from({ length: MODELS }, (_, i) => ({
      name: `${service}.Thing${i}`,
      title: `Thing ${i}`,
      plural: `Things ${i}`,
      collection: `/api/${service}/things${i}`,
      lines: false,
      read: true,
    })),
  }
}
