export * from "./contracts.ts"
export { action, contract, knownContracts, model } from "./model.ts"
export type { Action, Contract, Model, ModelOptions } from "./model.ts"
export {
  bigint,
  bool,
  choice,
  date,
  datetime,
  decimal,
  email,
  file,
  html,
  image,
  integer,
  json,
  longText,
  money,
  phone,
  sequence,
  states,
  text,
  url,
  uuid,
} from "./fields.ts"
export type { Field, FileReference, Input, States, Transition } from "./fields.ts"
export { many, manyToMany, one } from "./relations.ts"
export type { Many, ManyToMany, One } from "./relations.ts"
export { before, claim, me, today, whereOperators } from "./where.ts"
export type { Before, Claim, Cmp, Me, Operand, Today, Where, WhereJson } from "./where.ts"
export { logic } from "./logic.ts"
export { mirror } from "./mirror.ts"
export type { Mirror, MirrorDefinition, MirroredPath, MirroredPaths, MirrorPaths, Mirrors } from "./mirror.ts"
export type { Aggregate, ComputeOptions, GrantOptions, Logic, Operation, Statement } from "./logic.ts"
export { compareDecimals, divide, isDecimal, minus, plus, round, sum, times } from "./decimal.ts"
export type { Decimal, DecimalLike } from "./decimal.ts"
export { ArchipelError, errorCatalog, kindOf, Refusal, refuse, serviceUnavailable } from "./errors.ts"
export { isRecord } from "./is-record.ts"
export type { ErrorCode, ErrorDetails, Mistake } from "./errors.ts"
export { errorAdvice } from "./error-advice.ts"
export { toProblem } from "./problem.ts"
export type { Problem, ProblemContext } from "./problem.ts"
export type {
  Context,
  Db,
  Find,
  Grouping,
  Input as InvocationInput,
  Output as InvocationOutput,
  Repository,
} from "./db.ts"
export type {
  ActionName,
  Actions,
  Auto,
  Flat,
  Id,
  Members,
  ModelName,
  Roles,
  ServiceOf,
  TransitionName,
} from "./names.ts"
export type { Create, Update, Value, Values } from "./record.ts"
export type { Paths, RemotePath, Selected, UnknownField, ValidPath } from "./paths.ts"
export { queryLimits } from "./query.ts"
export type { PartialAnswer, Query, SelectEntry } from "./query.ts"
export { jsonLimits, parseJson, pointer } from "./parse-json.ts"
export type { JsonLimits } from "./parse-json.ts"
export { parseQuery } from "./parse-query.ts"
export { parseBulk, parseChange } from "./parse-change.ts"
export type { BulkChange } from "./parse-change.ts"
export { changeLimits } from "./change.ts"
export type { JsonSchema } from "./schema/json-schema.ts"
export { jsonSchema, jsonSchemas } from "./schema/json-schemas.ts"
export type { SchemaName } from "./schema/json-schemas.ts"
export type { Change, ChangeValues } from "./change.ts"
export type {
  ActionDefinition,
  ContractDefinition,
  FieldDefinition,
  FieldType,
  ManyDefinition,
  ManyToManyDefinition,
  MemberDefinition,
  ModelDefinition,
  OneDefinition,
  Tone,
  TransitionDefinition,
} from "./definition.ts"
export { finalStates, toneOf } from "./tones.ts"
export { translations } from "./translations.ts"
export { views } from "./views.ts"
export type { ViewsDefinition } from "./views.ts"
export type { ModelWords, ModelWordsDefinition, ServiceWords, Translations, WordsDefinition } from "./translations.ts"
export { identity, type IdentityModels } from "./identity.ts"
export { DefinitionError, reservedNames, resolveCatalog } from "./catalog.ts"
export { mustBeGiven } from "./gate/cell-rights.ts"
export { isDerived, isFixed, sharedValues, type StoredAs } from "./adopted.ts"
export { type KeyPart, type KeyType, keyText, keyValues, keyWords, parseKey } from "./key.ts"
export type {
  Catalog,
  ColumnMember,
  FieldMember,
  ListMember,
  ManyMember,
  ManyToManyMember,
  Member,
  OneMember,
  ResolvedModel,
} from "./catalog.ts"
export { collectionName, humanName, kebabCase, serviceTitle, snakeCase } from "./naming.ts"
export type {
  ModelBehaviour,
  ResolvedCheck,
  ResolvedCompute,
  ResolvedGrant,
  ResolvedInvocation,
  ResolvedLock,
  ResolvedPreset,
  ResolvedRestriction,
  ResolvedRollup,
  ResolvedSuggestion,
  ServiceDefinition,
} from "./service-definition.ts"
export { allOf, always, anyOf, never, not } from "./gate/condition.ts"
export type { Comparison, Condition } from "./gate/condition.ts"
export type { Operand as BoundOperand } from "./gate/condition.ts"
export {
  actingFor,
  chainOf,
  claimOf,
  COMPANIES_CLAIM,
  isSystem,
  PUBLIC_ROLE,
  publicPrincipal,
  systemPrincipal,
  withinCompanies,
} from "./gate/principal.ts"
export type { Principal } from "./gate/principal.ts"
export { rightsOf } from "./gate/rights.ts"
export type { HeldGrant, ModelRights, Rights } from "./gate/rights.ts"
export type { Party } from "./gate/parties.ts"
export { assertMayExplain, explainAccess } from "./gate/explain.ts"
export type {
  AccessDecision,
  AccessExplanation,
  AccessInquiry,
  AccessQuestion,
  ExplainedPrincipal,
  ExplainedRule,
} from "./gate/explanation.ts"
export { conditionWords } from "./gate/condition-words.ts"
export { rightsMatrix } from "./gate/rights-matrix.ts"
export { presetValues } from "./gate/preset.ts"
export { accessDenied, fieldDenied, rulesOf } from "./gate/rule-part.ts"
export type { RulePart } from "./gate/rule-part.ts"
export type {
  AggregateNode,
  DatePeriod,
  ElsewhereCondition,
  ElsewhereNode,
  FieldNode,
  GroupKey,
  GroupTree,
  ListNode,
  OneNode,
  OrderTerm,
  PageTree,
  Possibility,
  ReadTree,
  RecordNode,
  RemoteNode,
  ValuePath,
} from "./gate/read-tree.ts"
export type { AuthorisedChange, AuthorisedQuery } from "./gate/authorised.ts"
export { capabilitiesOf } from "./gate/capabilities.ts"
export type { Capabilities } from "./gate/capabilities.ts"
export { recordSight } from "./gate/record-sight.ts"
export type { RecordSight } from "./gate/record-sight.ts"
export { assertKnown, authoriseDiscussion, discussionRights } from "./gate/discussion.ts"
export type { AuthorisedDiscussion, DiscussionOperation } from "./gate/discussion.ts"
export { authoriseQuery, conditionsElsewhere } from "./gate/authorise-query.ts"
export { bindWhere, ruleScope, searchable } from "./gate/bind-where.ts"
export { resolveService } from "./resolve-service.ts"
export type { KeptModel, ResolvedMirrors } from "./resolve-mirrors.ts"
export { mirrorsUsed } from "./gate/mirrors-used.ts"
export { dbOver } from "./db-over.ts"
export type { Executor } from "./db-over.ts"
export { characterCount, isUuid, parseOperand, parseValue } from "./values.ts"
export type { CanonicalValue, ParsedValue, ValueCode } from "./values.ts"
export { readCsv } from "./read-csv.ts"
export { dayIn, dayStart, periodStart } from "./calendar.ts"
export { isoTime } from "./iso-time.ts"
export { authoriseChange, inputValues } from "./gate/authorise-change.ts"
export { authoriseDraft, mayWrite } from "./gate/authorise-draft.ts"
export type { DraftNode } from "./gate/authorise-draft.ts"
export type { WriteRights } from "./gate/cell-rights.ts"
export { isWritableList, writeRights } from "./gate/cell-rights.ts"
export type {
  AfterRow,
  ArchiveNode,
  CellValue,
  Content,
  DeleteNode,
  InsertNode,
  InvokeNode,
  LinesNode,
  LinksNode,
  PresetCell,
  ReferenceCheck,
  RowGuard,
  UpdateNode,
  UpsertNode,
  WriteNode,
  WriteTree,
} from "./gate/write-tree.ts"
export { graphOf } from "./settle/graph.ts"
export type { CheckNode, Graph, GraphNode, ValueNode } from "./settle/graph.ts"
export { parseDependency } from "./settle/dependency-path.ts"
export type { DependencyPath, Hop } from "./settle/dependency-path.ts"
export { pathTree } from "./settle/path-tree.ts"
export { Loading } from "./settle/loading.ts"
export { RecordViews } from "./settle/record-view.ts"
export { holds } from "./settle/evaluate-condition.ts"
export type { ConditionScope } from "./settle/evaluate-condition.ts"
export { missingReference, settle } from "./settle/settle.ts"
export type { SettleOptions, Settled, Warning } from "./settle/settle.ts"
export type { Aggregated, LockMode, SettleSource } from "./settle/source.ts"
export { changedColumns, isChanged, isNew, referenceOf, sameValue, Work } from "./settle/work.ts"
export type { LinkChange, RowValues, WorkRow } from "./settle/work.ts"
export { datasetOf } from "./evaluate/dataset.ts"
export type { DataRecord, Dataset } from "./evaluate/dataset.ts"
export { evaluateWhere } from "./evaluate/evaluate-where.ts"
export type { EvaluationContext, Sight } from "./evaluate/evaluate-where.ts"
export { evaluateQuery } from "./evaluate/evaluate-query.ts"
export { evaluateGroups } from "./evaluate/evaluate-groups.ts"
export { sightOf } from "./evaluate/sight.ts"
export type { Situation, StaticSight } from "./evaluate/sight.ts"
export { conditionPaths } from "./settle/dependency-path.ts"
export { compareContracts } from "./compatibility/compare-contracts.ts"
export { effectOf } from "./compatibility/difference.ts"
export type { ContractDifference, DifferenceKind, UseKind } from "./compatibility/difference.ts"
export { allUses, harmfulTo, UseCollector } from "./compatibility/uses.ts"
export type { ContractUses, ModelUse } from "./compatibility/uses.ts"
export { usesOf } from "./compatibility/uses-of-service.ts"
export { usesOfChange, usesOfQuery } from "./compatibility/uses-of-requests.ts"
