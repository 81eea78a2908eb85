/**
 * Statements that write what was settled before: each of their parameters is taken from there.
 *
 * @module
 */
import type { Statement } from "../postgres/statement.ts"
import { type BindingSource, bindParameters } from "../sql/parameters.ts"
import { type ParameterSpec, type StatementBuilder, statementBuilder } from "../sql/statement-builder.ts"
import { statementOf } from "./named-statement.ts"

/** Where the value of a parameter comes from. */
export type Source<Making> = (making: Making) => unknown

export interface SourcedStatement<Making> {
  readonly statement: Statement
  readonly parameters: readonly (Source<Making> | ParameterSpec)[]
}

export interface SourcedBuilder<Making> extends StatementBuilder {
  /** "$3::uuid": a parameter under a name, so that it is sent once. */
  given(name: string, type: string, source: Source<Making>): string
  /** The statement of a text in which these parameters are. */
  statement(text: string): SourcedStatement<Making>
}

/** @param options As of `statementBuilder`. */
export function sourcedBuilder<Making>(options?: Parameters<typeof statementBuilder>[0]): SourcedBuilder<Making> {
  const builder = statementBuilder(options)
  const sources = new Map<string, Source<Making>>()
  return {
    ...builder,
    given(name, type, source) {
      sources.set(name, source)
      return builder.parameter({ kind: "given", name }, type)
    },
    statement: (text) => ({
      statement: statementOf(text),
      parameters: builder.parameters.map((spec) =>
        spec.kind === "given" ? (sources.get(spec.name) as Source<Making>) : spec,
      ),
    }),
  }
}

/** The values of a statement's parameters, in order. */
export const valuesOf = <Making>(
  { parameters }: SourcedStatement<Making>,
  making: Making,
  binding: BindingSource,
): unknown[] =>
  parameters.map((from) => (typeof from === "function" ? from(making) : bindParameters([from], binding)[0]))
