import { TextareaField, TextField } from '../../../components/form-fields.tsx'

interface NamingFieldsProps {
  /** What another name means. */
  readonly hint: string
  readonly description: {
    readonly label: string
    readonly rows: number
    readonly optional?: boolean
  }
}

/** What a tool or a toolset is called, and what is said about it. */
export function NamingFields({ hint, description }: NamingFieldsProps) {
  return (
    <>
      <TextField
        name="name"
        label="Name"
        hint={hint}
        autoComplete="off"
        spellCheck={false}
        autoCapitalize="none"
      />
      <TextField name="title" label="Title" optional autoComplete="off" />
      <TextareaField name="description" {...description} />
    </>
  )
}
