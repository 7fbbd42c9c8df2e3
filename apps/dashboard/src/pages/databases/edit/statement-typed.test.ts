import { expect, it } from 'vitest'
import { emptyStatement, TypedStatement } from './statement-typed.ts'

const read = (parameter: object) =>
  TypedStatement.safeParse({
    ...emptyStatement,
    ...{ name: 'orders_of', statement: 'SELECT ?' },
    parameters: [{ name: 'level', description: '', required: false, ...parameter }],
  })
const sentOf = (parameter: object) => {
  const { enum: values, default: fallback } = read(parameter).data?.parameters[0] ?? {}
  return { values, fallback }
}
const faultsOf = (parameter: object) =>
  read(parameter).error?.issues.map(({ path, message }) => `${path.slice(2).join('.')} ${message}`)

it('What was typed is sent as values of the parameter’s type, and of a list of its items’ type', () => {
  const typed = { enum: ['1', '2.5'], default: '1' }
  expect(sentOf({ type: 'float', ...typed })).toEqual({ values: [1, 2.5], fallback: 1 })
  expect(sentOf({ type: 'string', ...typed })).toEqual({ values: ['1', '2.5'], fallback: '1' })
  expect(sentOf({ type: 'array', items: 'integer', enum: ['1'] }).values).toEqual([1])
  expect(sentOf({ type: 'boolean', default: 'true' }).fallback).toBe(true)
})

it('What was typed of no allowed values is nothing, and a default of NULL stays one', () => {
  const values = undefined
  expect(sentOf({ type: 'string', enum: [], default: null })).toEqual({ values, fallback: null })
})

it('A value that is none of the type, bounds without anything between them and a default outside are told at their field', () => {
  expect(faultsOf({ type: 'integer', enum: ['1', 'two'] })).toEqual([
    'enum must hold values of the type integer',
  ])
  expect(faultsOf({ type: 'integer', minimum: Number.NaN })).toEqual(['minimum must be a number'])
  expect(faultsOf({ type: 'integer', minimum: 5, maximum: 1 })).toEqual([
    'minimum must not be more than maximum',
  ])
  expect(faultsOf({ type: 'integer', maximum: 4, default: '5' })).toEqual([
    'default must be a value that is taken',
  ])
})
